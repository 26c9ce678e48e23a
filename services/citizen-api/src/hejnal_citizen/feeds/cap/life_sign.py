"""The sign of life: a signed CAP message of status System, made anew on a fixed beat, that lists what is current.

No alert and a fresh sign of life: nothing is wrong. No fresh sign of life: nothing is known, and silence is not safety.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from lxml import etree

from hejnal_citizen.feeds.cap.document import Issuer, add, head, identifier_of, instant, pair
from hejnal_citizen.feeds.entries import Entry

BEATS_VALID = 3
MOST_LISTED = 200


def life_sign(
    issuer: Issuer, current: Sequence[Entry], *, now: datetime, beat_s: int, delivery: str, more: bool
) -> etree._Element:
    """The document, valid for three beats. `delivery` says whether what is announced also reaches those who sent for it."""
    expires = now + timedelta(seconds=BEATS_VALID * beat_s)
    root = head(issuer.sender, f"life-sign.{issuer.teryt}.{now:%Y%m%dT%H%M%S}", now, status="System", kind="Alert")
    add(root, "note", "Sign of life: status System, no alert. Without a valid one, silence is not safety.")
    real = [entry for entry in current if not entry.drill]
    info = add(root, "info")
    add(info, "language", "pl-PL")
    add(info, "category", "Other")
    add(info, "event", "Znak życia systemu ostrzegania")
    add(info, "urgency", "Unknown")
    add(info, "severity", "Unknown")
    add(info, "certainty", "Observed")
    add(info, "effective", instant(now))
    add(info, "expires", instant(expires))
    add(info, "senderName", issuer.town)
    add(info, "headline", f"Znak życia: aktualnych ostrzeżeń: {len(real)}")
    add(info, "web", f"{issuer.base_url}/api/v1/cap/index.atom")
    pair(info, "parameter", "hejnal:valid-for-s", str(BEATS_VALID * beat_s))
    pair(info, "parameter", "hejnal:beat-s", str(beat_s))
    pair(info, "parameter", "hejnal:current-count", str(len(real)))
    pair(info, "parameter", "hejnal:current", " ".join(identifier_of(one.id, one.version) for one in real[:MOST_LISTED]))
    pair(info, "parameter", "hejnal:truncated", "true" if more or len(real) > MOST_LISTED else "false")
    pair(info, "parameter", "hejnal:delivery", delivery)
    area = add(info, "area")
    add(area, "areaDesc", issuer.town)
    pair(area, "geocode", "TERYT", issuer.teryt)
    return root
