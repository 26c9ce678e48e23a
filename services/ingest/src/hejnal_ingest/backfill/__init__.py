"""Gaps in the footage, filled from the card in the camera (ONVIF Profile G) when the link has room again."""
