"""A camera list as CSV: one camera per line, a header that names the columns. Pure.

Read: UTF-8 (with or without a mark) or Windows-1250, separated by `;` or `,` or tabs, decimal comma or point, as Polish
spreadsheets save them. Written: UTF-8 with a mark, `;`, CRLF; a cell that a spreadsheet would take for a formula gets a `'` in
front (OWASP, CSV injection), which reading takes away again. Account and password are read and never written.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from hejnal_contracts.cameras import CameraState
from hejnal_gateway.cameras.registry import NewCamera

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 2_000
_MAX_ERRORS = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"^[+-]?\d+([.,]\d+)?$")
_TRUE, _FALSE = frozenset({"1", "true", "tak", "yes", "t", "y"}), frozenset({"0", "false", "nie", "no", "n", "f"})

COLUMNS: dict[str, tuple[str, ...]] = {
    "camera_id": ("camera_id",),
    "name": ("name",),
    "lat": ("place", "lat"),
    "lon": ("place", "lon"),
    "address": ("address",),
    "main_url": ("streams", "main"),
    "sub_url": ("streams", "sub"),
    "groups": ("groups",),
    "purpose": ("purpose",),
    "public": ("public",),
    "restricted": ("restricted",),
    "enabled": ("enabled",),
    "azimuth_deg": ("view_cone", "azimuth_deg"),
    "angle_deg": ("view_cone", "angle_deg"),
    "range_m": ("view_cone", "range_m"),
    "recorded": ("recording", "enabled"),
    "recorded_stream": ("recording", "stream"),
    "keep_days": ("recording", "keep_days"),
    "priority": ("recording", "priority"),
    "disk_share_percent": ("recording", "disk_share_percent"),
    "record_audio": ("recording", "record_audio"),
    "onvif_url": ("onvif", "url"),
    "onvif_main_profile": ("onvif", "main_profile"),
    "onvif_sub_profile": ("onvif", "sub_profile"),
    "allow_clock_set": ("onvif", "allow_clock_set"),
    "allow_gop_set": ("onvif", "allow_gop_set"),
    "card_recording": ("onvif", "card_recording"),
}
"""Column to its place in a registration. Groups are separated by `|` within their cell."""
SECRETS: dict[str, tuple[str, ...]] = {"username": ("credentials", "username"), "password": ("credentials", "password")}
_NEEDED = ("camera_id", "name", "lat", "lon", "main_url")
_BOOLEANS = frozenset(
    {"public", "restricted", "enabled", "recorded", "record_audio", "allow_clock_set", "allow_gop_set", "card_recording"}
)
_NUMBERS = frozenset({"lat", "lon", "azimuth_deg", "angle_deg", "range_m", "keep_days", "disk_share_percent"})


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong, and where: the line as an editor counts it, and the column's name where one is to blame."""

    line: int
    column: str | None
    detail: str


@dataclass(slots=True)
class CsvCameras:
    """What a file says; nothing of it counts when there are errors."""

    cameras: list[NewCamera] = field(default_factory=list)
    named: list[frozenset[str]] = field(default_factory=list)
    """The columns that the file has, for each camera."""
    errors: list[RowError] = field(default_factory=list)


def read(data: bytes) -> CsvCameras:
    """The cameras of a file with everything that is wrong with it."""
    found = CsvCameras()
    text = _decode(data)
    if text is None:
        found.errors.append(RowError(1, None, "The file is neither UTF-8 nor Windows-1250 text."))
        return found
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        if not _check_header(header, found):
            return found
        seen: dict[str, int] = {}
        last_line = rows.line_num
        for cells in rows:
            line, last_line = last_line + 1, rows.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(found.cameras) >= MAX_ROWS or len(found.errors) >= _MAX_ERRORS:
                found.errors.append(RowError(line, None, f"No more is read: at most {MAX_ROWS} cameras, {_MAX_ERRORS} errors."))
                break
            _read_row(line, header, cells, found, seen)
    except csv.Error as error:
        found.errors.append(RowError(rows.line_num, None, f"The line cannot be read as CSV: {error}."))
    if not found.cameras and not found.errors:
        found.errors.append(RowError(1, None, "The file names no camera."))
    return found


def write(states: Iterable[CameraState]) -> bytes:
    """The cameras as a file that `read` takes again. Credentials are never part of it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for state in states:
        document = state.model_dump(mode="json")
        document["streams"] = {stream["name"]: stream["url"] for stream in document["streams"]}
        writer.writerow([_cell(_value(document, path)) for path in COLUMNS.values()])
    return "\N{BYTE ORDER MARK}".encode() + out.getvalue().encode()


def _decode(data: bytes) -> str | None:
    for encoding in ("utf-8-sig", "cp1250"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _delimiter(text: str) -> str:
    """What separates the columns of the header."""
    header = text.split("\n", 1)[0]
    return max(";,\t", key=header.count)


def _check_header(header: list[str], found: CsvCameras) -> bool:
    known = COLUMNS.keys() | SECRETS.keys()
    for name in header:
        if name and name not in known:
            found.errors.append(RowError(1, name, f"There is no such column; there are: {', '.join([*COLUMNS, *SECRETS])}."))
        elif name and header.count(name) > 1:
            found.errors.append(RowError(1, name, "This column is there more than once."))
    found.errors += [RowError(1, name, "This column is missing.") for name in _NEEDED if name not in header]
    found.errors[:] = dict.fromkeys(found.errors)
    return not found.errors


def _read_row(line: int, header: list[str], cells: list[str], found: CsvCameras, seen: dict[str, int]) -> None:
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        found.errors.append(RowError(line, None, f"The line has {len(cells)} cells, the header has {len(header)}."))
        return
    wrong = len(found.errors)
    document: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=False):
        text = _plain(cell)
        if not name or not text:
            continue
        try:
            _put(document, (COLUMNS | SECRETS)[name], _typed(name, text))
        except ValueError as error:
            found.errors.append(RowError(line, name, str(error)))
    streams = document.pop("streams", {})
    document["streams"] = [{"name": name, "url": url} for name, url in streams.items()]
    camera_id = str(document.get("camera_id", ""))
    if camera_id in seen:
        found.errors.append(RowError(line, "camera_id", f"The camera {camera_id} stands in line {seen[camera_id]} already."))
    elif camera_id:
        seen[camera_id] = line
    if len(found.errors) > wrong:
        return
    try:
        camera = NewCamera.model_validate(document)
    except ValidationError as error:
        found.errors += [
            RowError(line, _column(item["loc"], document), _sentence(item["msg"])) for item in error.errors(include_url=False)
        ]
        return
    found.cameras.append(camera)
    found.named.append(frozenset(header))


def _typed(name: str, text: str) -> Any:
    if name in _BOOLEANS:
        word = text.casefold()
        if word not in _TRUE | _FALSE:
            raise ValueError(f"{text[:40]!r} is neither yes nor no (tak/nie, yes/no, 1/0).")
        return word in _TRUE
    if name in _NUMBERS:
        if not _NUMBER.match(text):
            raise ValueError(f"{text[:40]!r} is no number.")
        return text.replace(",", ".")
    if name == "groups":
        return [group.strip() for group in text.split("|") if group.strip()]
    return text


def _column(path: tuple[int | str, ...], document: Mapping[str, Any]) -> str | None:
    if len(path) >= 2 and path[0] == "streams" and isinstance(path[1], int):
        return f"{document['streams'][path[1]]['name']}_url"
    if path == ("streams",):
        return "main_url"
    exact = next((name for name, place in (COLUMNS | SECRETS).items() if place == path[: len(place)]), None)
    return exact or next((name for name, place in (COLUMNS | SECRETS).items() if path and place[0] == path[0]), None)


def _sentence(message: str) -> str:
    text = message.removeprefix("Value error, ")
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _put(document: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *outer, last = path
    for name in outer:
        document = document.setdefault(name, {})
    document[last] = value


def _value(document: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = document
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return format(value, ".12g")
    text = "|".join(value) if isinstance(value, list) else str(value)
    text = text.replace("\r\n", "\n")
    return f"'{text}" if text.startswith(_FORMULA) or text.startswith("'") else text


def _plain(cell: str) -> str:
    text = cell.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith((*_FORMULA, "'")) else text
