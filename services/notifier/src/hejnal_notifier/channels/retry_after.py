"""How long a server asks us to wait (RFC 9110 §10.2.3)."""

from datetime import datetime
from email.utils import parsedate_to_datetime

LIMIT_S = 3600.0


def retry_after_s(text: str, now: datetime) -> float | None:
    """Seconds of a Retry-After header, at most an hour; None when it says nothing that can be understood."""
    if text.isdigit():
        return min(float(text), LIMIT_S)
    try:
        seconds = (parsedate_to_datetime(text) - now).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(0.0, seconds), LIMIT_S)
