"""Atom (RFC 4287) with GeoRSS Simple: announcements for people's readers, and the index of current CAP documents."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from lxml import etree

from hejnal_citizen.announcements.rules import UNSPEAKABLE
from hejnal_citizen.feeds.entries import Entry, TownName
from hejnal_contracts.base import Language

ATOM = "http://www.w3.org/2005/Atom"
GEORSS = "http://www.georss.org/georss"
MEDIA_TYPE = "application/atom+xml"
MOST_POINTS = 500
_NAMESPACES: dict[Any, str] = {None: ATOM, "georss": GEORSS}
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

TITLES = {Language.PL: "Komunikaty", Language.EN: "Announcements", Language.UK: "Оголошення"}


def announcements(
    town: TownName, found: Iterable[Entry], *, base_url: str, page: str, language: Language, changed_at: datetime, address: str
) -> bytes:
    """The feed of announcements. `page` is an announcement's page with `{id}` in it."""
    title = f"{TITLES[language]}: {town.name}"
    feed = _feed(f"{base_url}/api/v1/feeds/announcements.atom", address, title, town.name, changed_at, language)
    _element(feed, "link", rel="alternate", type="text/html", href=base_url + "/")
    for entry in found:
        own, text = entry.text(language)
        node = _element(feed, "entry")
        node.set(_XML_LANG, own.value)
        _element(node, "id", f"urn:uuid:{entry.id}")
        _element(node, "title", entry.headline(language))
        _element(node, "published", _instant(entry.first_issued_at))
        _element(node, "updated", _instant(entry.updated_at))
        _element(node, "link", rel="alternate", type="text/html", href=page.format(id=entry.id))
        for attachment in entry.attachments:
            _element(node, "link", rel="enclosure", href=f"{base_url}/api/v1/announcements/{entry.id}/attachments/{attachment}")
        _element(node, "category", term=entry.category, label=entry.category_name(language))
        _element(node, "category", term=entry.severity, scheme="urn:hejnal:severity")
        _element(node, "category", term=entry.state, scheme="urn:hejnal:state")
        if entry.drill:
            _element(node, "category", term="drill", scheme="urn:hejnal:status")
        _element(node, "content", f"{text.body}\n\n{text.instruction}".strip(), type="text")
        _place(node, entry)
    return _written(feed)


def cap_index(
    town: TownName, found: Iterable[Entry], *, base_url: str, changed_at: datetime, identifier: dict[tuple[str, int], str]
) -> bytes:
    """The index of current CAP documents: one entry per announcement, linking to the document of its newest version."""
    address = f"{base_url}/api/v1/cap/index.atom"
    feed = _feed(address, address, f"CAP 1.2: {town.name}", town.name, changed_at, Language.PL)
    _element(feed, "link", rel="related", type="application/cap+xml", href=f"{base_url}/api/v1/cap/life-sign.xml")
    for entry in found:
        node = _element(feed, "entry")
        _element(node, "id", f"urn:hejnal:cap:{identifier[entry.id, entry.version]}")
        _element(node, "title", entry.headline(Language.PL))
        _element(node, "published", _instant(entry.updated_at))
        _element(node, "updated", _instant(entry.updated_at))
        href = f"{base_url}/api/v1/cap/{entry.id}/{entry.version}.xml"
        _element(node, "link", rel="alternate", type="application/cap+xml", href=href)
        _element(
            node, "category", term="Exercise" if entry.drill else "Actual", scheme="urn:oasis:names:tc:emergency:cap:1.2:status"
        )
        _element(node, "summary", entry.text(Language.PL)[1].body, type="text")
        _place(node, entry)
    return _written(feed)


def speakable(text: str) -> str:
    """The text without what XML 1.0 cannot carry."""
    return UNSPEAKABLE.sub("", text)


def _feed(feed_id: str, address: str, title: str, author: str, changed_at: datetime, language: Language) -> etree._Element:
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap=_NAMESPACES)
    feed.set(_XML_LANG, language.value)
    _element(feed, "id", feed_id)
    _element(feed, "title", title)
    _element(feed, "updated", _instant(changed_at))
    _element(_element(feed, "author"), "name", author)
    _element(feed, "link", rel="self", type=MEDIA_TYPE, href=address)
    _element(feed, "generator", "Hejnał")
    return feed


def _place(node: etree._Element, entry: Entry) -> None:
    """GeoRSS Simple has one shape per entry, latitude first: a polygon where the area is one, else its box."""
    if entry.area["kind"] == "town":
        return
    polygons = entry.geometry["coordinates"]
    ring = polygons[0][0]
    if len(polygons) == 1 and len(ring) <= MOST_POINTS:
        where, tag = " ".join(f"{lat:.6f} {lon:.6f}" for lon, lat, *_ in ring), "polygon"
    else:
        points = [(lat, lon) for polygon in polygons for lon, lat, *_ in polygon[0]]
        lats, lons = [lat for lat, _ in points], [lon for _, lon in points]
        where, tag = f"{min(lats):.6f} {min(lons):.6f} {max(lats):.6f} {max(lons):.6f}", "box"
    etree.SubElement(node, f"{{{GEORSS}}}{tag}").text = where


def _element(parent: etree._Element, tag: str, text: str | None = None, **attributes: str) -> etree._Element:
    node = etree.SubElement(parent, f"{{{ATOM}}}{tag}", {name: speakable(value) for name, value in attributes.items()})
    if text is not None:
        node.text = speakable(text)
    return node


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _written(feed: etree._Element) -> bytes:
    return etree.tostring(feed, xml_declaration=True, encoding="utf-8")
