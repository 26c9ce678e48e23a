"""A CAP 1.2 document (OASIS Common Alerting Protocol 1.2 §3.2), unsigned. Element order and time format are the schema's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lxml import etree

from hejnal_citizen.announcements.schemas import Attachment
from hejnal_citizen.feeds.atom import speakable
from hejnal_citizen.feeds.cap.chain import Message, Version
from hejnal_contracts.announcements import Text
from hejnal_contracts.base import Language, Severity
from hejnal_contracts.headlines import headline
from hejnal_runtime.quiet_hours import TOWN_TIME

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
_NAMESPACES: dict[Any, str] = {None: CAP}
MEDIA_TYPE = "application/cap+xml"
TAGS = {Language.PL: "pl-PL", Language.EN: "en-GB", Language.UK: "uk-UA"}
"""CAP's own default is en-US: the language is always said."""
SEVERITY = {
    Severity.INFO: "Minor",
    Severity.NOTICE: "Moderate",
    Severity.WARNING: "Severe",
    Severity.EMERGENCY: "Extreme",
}
AREA = {
    "town": {Language.PL: "Cała gmina", Language.EN: "The whole municipality", Language.UK: "Уся громада"},
    "polygon": {
        Language.PL: "Obszar zaznaczony na mapie",
        Language.EN: "The area drawn on the map",
        Language.UK: "Територія, позначена на мапі",
    },
    "circle": {
        Language.PL: "Koło o promieniu {radius} m",
        Language.EN: "A circle of {radius} m",
        Language.UK: "Коло радіусом {radius} м",
    },
    "streets": {Language.PL: "Ulice: {streets}", Language.EN: "Streets: {streets}", Language.UK: "Вулиці: {streets}"},
}
SOON = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who speaks."""

    sender: str
    """No space, comma, `<` or `&` (§3.2.1)."""
    town: str
    teryt: str
    contact: str
    base_url: str
    page: str
    """An announcement's page with `{id}` in it."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier message as it was published."""

    sender: str
    identifier: str
    sent: str

    def __str__(self) -> str:
        return f"{self.sender},{self.identifier},{self.sent}"


def identifier_of(announcement_id: str, version: int) -> str:
    """A message's identifier; never used again."""
    return f"{announcement_id}.{version}"


def instant(at: datetime, *, up: bool = False) -> str:
    """An instant as the schema wants it: whole seconds (`up`: rounded up), an offset and never `Z`."""
    if up and at.microsecond:
        at += timedelta(seconds=1)
    return at.astimezone(TOWN_TIME).isoformat(timespec="seconds")


def alert(
    issuer: Issuer, announcement_id: str, message: Message, references: Sequence[Reference], files: Sequence[Attachment]
) -> etree._Element:
    """The document of one message."""
    version = message.version
    root = head(
        issuer.sender,
        identifier_of(announcement_id, version.version),
        version.issued_at,
        status="Exercise" if version.drill else "Actual",
        kind=message.kind,
    )
    if version.drill:
        add(root, "note", "ĆWICZENIA / DRILL / НАВЧАННЯ")
    if references:
        add(root, "references", " ".join(str(one) for one in references))
    for language in (one for one in Language if one.value in version.texts):
        _info(root, issuer, announcement_id, message, language, files)
    return root


def head(sender: str, identifier: str, sent: datetime, *, status: str, kind: str) -> etree._Element:
    """An alert element with what every message begins with."""
    root = etree.Element(f"{{{CAP}}}alert", nsmap=_NAMESPACES)
    add(root, "identifier", identifier)
    add(root, "sender", sender)
    add(root, "sent", instant(sent))
    add(root, "status", status)
    add(root, "msgType", kind)
    add(root, "scope", "Public")
    return root


def add(parent: etree._Element, tag: str, text: str | None = None) -> etree._Element:
    """A CAP element in `parent`."""
    node = etree.SubElement(parent, f"{{{CAP}}}{tag}")
    if text is not None:
        node.text = speakable(text)
    return node


def pair(parent: etree._Element, tag: str, name: str, value: str) -> None:
    """A parameter, event code or geocode."""
    node = add(parent, tag)
    add(node, "valueName", name)
    add(node, "value", value)


def _info(
    root: etree._Element,
    issuer: Issuer,
    announcement_id: str,
    message: Message,
    language: Language,
    files: Sequence[Attachment],
) -> None:
    version, severity = message.version, Severity(message.version.severity)
    text = Text.model_validate(version.texts[language.value])
    info = add(root, "info")
    add(info, "language", TAGS[language])
    add(info, "category", message.cap_category)
    add(info, "event", (version.category_names or {}).get(language.value, version.category))
    if message.kind == "Cancel":
        add(info, "responseType", "AllClear")
    add(info, "urgency", _urgency(message))
    add(info, "severity", SEVERITY[severity])
    add(info, "certainty", "Observed" if version.valid_from <= version.issued_at else "Likely")
    pair(info, "eventCode", "hejnal:category", version.category)
    add(info, "effective", instant(version.issued_at))
    add(info, "onset", instant(version.valid_from))
    add(info, "expires", instant(version.valid_until, up=True))
    add(info, "senderName", issuer.town)
    add(info, "headline", headline(version.kind, severity, language, text.title, drill=version.drill))
    add(info, "description", text.body)
    if text.instruction:
        add(info, "instruction", text.instruction)
    add(info, "web", issuer.page.format(id=announcement_id))
    if issuer.contact:
        add(info, "contact", issuer.contact)
    pair(info, "parameter", "hejnal:severity", severity.value)
    if version.origins.get(language.value) == "machine_checked":
        pair(info, "parameter", "hejnal:translation", "machine, checked by a person")
    for file in files:
        resource = add(info, "resource")
        add(resource, "resourceDesc", file.description)
        add(resource, "mimeType", file.media_type)
        add(resource, "size", str(file.size_bytes))
        add(resource, "uri", f"{issuer.base_url}/api/v1/announcements/{announcement_id}/attachments/{file.id}")
    _area(info, issuer, version, language)


def _urgency(message: Message) -> str:
    if message.kind == "Cancel":
        return "Past"
    ahead = message.version.valid_from - message.version.issued_at
    if ahead <= timedelta(0):
        return "Immediate"
    return "Expected" if ahead <= SOON else "Future"


def _area(info: etree._Element, issuer: Issuer, version: Version, language: Language) -> None:
    drawn: dict[str, Any] = dict(version.area)
    area = add(info, "area")
    words = {"radius": f"{drawn.get('radius_m', 0):.0f}", "streets": ", ".join(drawn.get("streets", ()))}
    add(area, "areaDesc", f"{issuer.town}. {AREA[drawn['kind']][language].format(**words)}")
    if drawn["kind"] == "circle":
        center = drawn["center"]
        add(area, "circle", f"{center['lat']:.6f},{center['lon']:.6f} {drawn['radius_m'] / 1000:.3f}")
    else:
        for ring in rings(version.geometry):
            add(area, "polygon", " ".join(f"{lat:.6f},{lon:.6f}" for lat, lon in ring))
    pair(area, "geocode", "TERYT", issuer.teryt)


def rings(geometry: Any) -> list[list[tuple[float, float]]]:
    """Outer rings of a GeoJSON MultiPolygon as CAP has them: latitude first, closed, at least four pairs, rounded to 0.1 m."""
    found = []
    for polygon in geometry["coordinates"]:
        ring: list[tuple[float, float]] = []
        for lon, lat, *_ in polygon[0]:
            point = (round(lat, 6), round(lon, 6))
            if not ring or ring[-1] != point:
                ring.append(point)
        if len(ring) >= 4 and ring[0] == ring[-1]:
            found.append(ring)
    return found
