"""Moved to `hejnal_media.sink`, which all codecs share; kept for imports."""

from hejnal_media.sink import AccessUnitSink, BreakReason

__all__ = ["AccessUnitSink", "BreakReason"]
