"""XML from strangers. No document type, so no entities; bounded in bytes, depth and elements."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat
from xml.sax.saxutils import escape

from hejnal_media.onvif.names import qualified

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 48
MAX_ELEMENTS = 20_000
_DURATION = re.compile(
    r"^P(?:(?P<days>\d{1,6})D)?(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,9}(?:\.\d{1,9})?)S)?)?\s*$"
)
_INSTANT = re.compile(r"^\s*(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?\s*$")


class MalformedXmlError(ValueError):
    """No well-formed XML, or more of it than is taken."""


class _Builder:
    def __init__(self) -> None:
        self._tree = TreeBuilder()
        self._depth = 0
        self._elements = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH:
            raise MalformedXmlError(f"nested deeper than {MAX_DEPTH}")
        if self._elements > MAX_ELEMENTS:
            raise MalformedXmlError(f"more than {MAX_ELEMENTS} elements")
        self._tree.start(_tag(name), {_tag(key): value for key, value in attributes.items()})

    def end(self, name: str) -> None:
        self._depth -= 1
        self._tree.end(_tag(name))

    def data(self, text: str) -> None:
        self._tree.data(text)

    def close(self) -> Element:
        return self._tree.close()


def _tag(name: str) -> str:
    return "{" + name if "}" in name else name


def _no_doctype(*_: object) -> None:
    raise MalformedXmlError("a document type is not taken")


def parse_xml(data: bytes) -> Element:
    """The root element, tags as `{namespace}local`. Raises MalformedXmlError."""
    if len(data) > MAX_BYTES:
        raise MalformedXmlError(f"{len(data)} bytes; at most {MAX_BYTES} are taken")
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(data, True)
        return builder.close()
    except expat.ExpatError as error:
        raise MalformedXmlError(f"not well-formed: {error}") from None
    except (ValueError, LookupError, AssertionError) as error:
        if isinstance(error, MalformedXmlError):
            raise
        raise MalformedXmlError(f"cannot be read: {type(error).__name__}") from None


def find(element: Element | None, path: str) -> Element | None:
    """The first element at `prefix:name/prefix:name`; `//prefix:name` looks at any depth."""
    return next(find_all(element, path), None)


def find_all(element: Element | None, path: str) -> Iterator[Element]:
    """All elements at a path (see `find`)."""
    if element is None:
        return iter(())
    if path.startswith("//"):
        return element.iter(qualified(path[2:]))
    return element.iterfind("/".join(qualified(step) for step in path.split("/")))


def text_of(element: Element | None, path: str = "", default: str = "") -> str:
    """The stripped text at a path; at most 4,000 characters of it."""
    found = find(element, path) if path else element
    return (found.text or "").strip()[:4000] if found is not None else default


def number_of(element: Element | None, path: str, default: float = 0.0) -> float:
    """A finite number at a path; `default` when there is none."""
    try:
        value = float(text_of(element, path))
    except ValueError:
        return default
    return value if abs(value) < 1e15 else default


def quote(text: object) -> str:
    """Text as it may stand in an element or a quoted attribute."""
    return escape(str(text), {'"': "&quot;"})


def write_instant(instant: datetime) -> str:
    """`xs:dateTime` in UTC with milliseconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def read_instant(text: str) -> datetime | None:
    """An `xs:dateTime`, taken as UTC when it names no zone; None when it is none."""
    match = _INSTANT.match(text)
    if match is None:
        return None
    try:
        zone = "+00:00" if match[3] in (None, "Z") else match[3]
        instant = datetime.fromisoformat(match[1] + zone)
        return (instant + timedelta(seconds=float("0" + (match[2] or ".0")))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def write_duration(seconds: float) -> str:
    """`xs:duration`."""
    return f"PT{max(0.0, seconds):.3f}".rstrip("0").rstrip(".") + "S"


def read_duration(text: str) -> float | None:
    """Seconds of an `xs:duration` without months and years; None when it is none."""
    match = _DURATION.match(text.strip())
    if match is None or text.strip().rstrip("T") == "P":
        return None
    parts = {name: float(value or 0) for name, value in match.groupdict().items()}
    return parts["days"] * 86_400 + parts["hours"] * 3600 + parts["minutes"] * 60 + parts["seconds"]
