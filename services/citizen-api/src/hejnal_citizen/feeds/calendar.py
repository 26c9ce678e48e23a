"""iCalendar (RFC 5545): announcements as events, for the calendar everybody has. A correction replaces, an all-clear cancels."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Calendar, Event, vGeo, vUri

from hejnal_citizen.announcements.rules import UNSPEAKABLE
from hejnal_citizen.feeds.atom import TITLES
from hejnal_citizen.feeds.entries import Entry, TownName
from hejnal_contracts.base import Language
from hejnal_runtime.quiet_hours import TOWN_TIME

MEDIA_TYPE = "text/calendar; charset=utf-8"


def calendar(town: TownName, found: Iterable[Entry], *, base_url: str, page: str, language: Language) -> bytes:
    """The calendar: UID and SEQUENCE stay an announcement's own, times are the town's with their VTIMEZONE."""
    host = urlsplit(base_url).hostname or "hejnal"
    book = Calendar()
    book.add("prodid", f"-//Hejnal//{host}//PL")
    book.add("version", "2.0")
    book.add("method", "PUBLISH")
    book.add("x-wr-calname", f"{TITLES[language]}: {town.name}")
    book.add("refresh-interval", timedelta(minutes=15), parameters={"VALUE": "DURATION"})
    for entry in found:
        own, text = entry.text(language)
        event = Event()
        event.add("uid", f"{entry.id}@{host}")
        event.add("sequence", entry.version - 1)
        event.add("dtstamp", entry.updated_at.astimezone(UTC))
        event.add("created", entry.first_issued_at.astimezone(UTC))
        event.add("last-modified", entry.updated_at.astimezone(UTC))
        event.add("dtstart", entry.valid_from.astimezone(TOWN_TIME).replace(microsecond=0))
        event.add("dtend", _end(entry).astimezone(TOWN_TIME))
        event.add("summary", UNSPEAKABLE.sub("", entry.headline(language)), parameters={"LANGUAGE": own.value})
        body = UNSPEAKABLE.sub("", f"{text.body}\n\n{text.instruction}".strip())
        event.add("description", f"{body}\n\n{page.format(id=entry.id)}", parameters={"LANGUAGE": own.value})
        event.add("url", vUri(page.format(id=entry.id)))
        event.add("status", "CANCELLED" if entry.state == "cancelled" else "CONFIRMED")
        event.add("categories", [entry.category_name(language)])
        event.add("geo", vGeo((round(entry.lat, 6), round(entry.lon, 6))))
        event.add("transp", "TRANSPARENT")  # a water cut is no appointment
        book.add_component(event)
    book.add_missing_timezones()
    return bytes(book.to_ical())


def _end(entry: Entry) -> datetime:
    """Whole seconds, and after the beginning."""
    end = entry.valid_until.replace(microsecond=0)
    return max(end, entry.valid_from.replace(microsecond=0) + timedelta(seconds=1))
