"""Cameras' bytes: received, understood, written and relayed without being decoded."""
