"""Placeholder to be written."""


class Resources:
    """x"""
