"""Incidents: an alert's case, with its log, the cameras that see the place, and the footage that was marked."""
