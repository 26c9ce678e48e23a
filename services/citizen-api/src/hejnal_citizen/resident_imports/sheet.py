"""A CSV of phone numbers and consents, read and judged row by row. Pure: no database."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time

import phonenumbers

from hejnal_citizen.resident_imports.schemas import RowError
from hejnal_citizen.residents import contact_forms
from hejnal_contracts.base import Language
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.quiet_hours import TOWN_TIME

MOST_ROWS = 20_000
MOST_COLUMNS = 40
MOST_ERRORS = 1000
_LONGEST_CELL = 300
_EARLIEST = date(1990, 1, 1)
_ENCODINGS = ("utf-8-sig", "cp1250")
COLUMNS: dict[str, frozenset[str]] = {
    "phone": frozenset({"phone", "telefon", "numer", "nr telefonu", "numer telefonu", "komórka", "tel"}),
    "consented_on": frozenset({"consented_on", "consent_date", "data zgody", "data_zgody", "zgoda z dnia"}),
    "proof": frozenset({"proof", "consent_proof", "dowód zgody", "dowod zgody", "dowod_zgody", "formularz", "nr formularza"}),
    "categories": frozenset({"categories", "kategorie"}),
    "language": frozenset({"language", "język", "jezyk"}),
}
NEEDED = ("phone", "consented_on", "proof")
_DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y")
_SEPARATORS = re.compile(r"[\s,;|]+")


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row that is in order."""

    row: int
    phone: str
    consented_on: date
    proof: str
    categories: tuple[str, ...]
    language: Language

    @property
    def consented_at(self) -> datetime:
        """Noon of that day in the town: the hour is not known."""
        return datetime.combine(self.consented_on, time(12), TOWN_TIME)


@dataclass(slots=True)
class Sheet:
    """What a file holds."""

    total: int = 0
    doubled: int = 0
    rows: list[ImportRow] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    errors_total: int = 0

    def refuse(self, row: int, column: str, code: str, detail: str, value: str = "") -> None:
        """Note what is wrong."""
        self.errors_total += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(RowError(row=row, column=column, code=code, detail=detail, value=value[:40]))


def read(data: bytes, *, known_categories: frozenset[str], default_categories: tuple[str, ...], today: date) -> Sheet:
    """Judge every row. AppError(INVALID) when the file as a whole cannot be read: encoding, columns, size."""
    lines = _lines(decoded(data))
    try:
        header = next(lines, None)
        columns = _columns(header[1] if header else [])
        sheet = Sheet()
        seen: dict[str, int] = {}
        for row, cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            sheet.total += 1
            if sheet.total > MOST_ROWS:
                raise _unreadable("too-many-rows", f"A file has at most {MOST_ROWS:,} rows. Split it.")
            _judge(sheet, seen, row, cells, columns, known_categories, default_categories, today)
    except csv.Error as error:
        raise _unreadable("not-csv", f"The file is not a CSV: {error}.") from error
    if sheet.total == 0:
        raise _unreadable("no-rows", "The file has a header but no rows.")
    return sheet


def decoded(data: bytes) -> str:
    """The text of a file in UTF-8 or, as Excel in Poland saves it, in Windows-1250."""
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise _unreadable("encoding-unknown", "The file is neither UTF-8 nor Windows-1250. Save it as CSV UTF-8.")


def masked(phone: str) -> str:
    """A number as reports show it: enough to find the row, too little to call anybody."""
    digits = re.sub(r"\D", "", phone)
    return f"…{digits[-3:]}" if digits else ""


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    first = text.partition("\n")[0]
    delimiter = max(";,\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        row = reader.line_num + 1
        try:
            yield row, next(reader)
        except StopIteration:
            return


def _columns(header: list[str]) -> dict[str, int]:
    names = [" ".join(cell.strip().casefold().split()) for cell in header[:MOST_COLUMNS]]
    found: dict[str, int] = {}
    for column, spellings in COLUMNS.items():
        places = [place for place, name in enumerate(names) if name in spellings]
        if len(places) > 1:
            raise _unreadable("column-doubled", f"Two columns of the file mean {column!r}. Leave one.")
        if places:
            found[column] = places[0]
    missing = [column for column in NEEDED if column not in found]
    if missing:
        wanted = "; ".join(f"{column}: {', '.join(sorted(COLUMNS[column]))}" for column in missing)
        raise _unreadable("column-missing", f"The first line must name the columns. Missing (any of these names): {wanted}.")
    return found


def _judge(
    sheet: Sheet,
    seen: dict[str, int],
    row: int,
    cells: list[str],
    columns: dict[str, int],
    known_categories: frozenset[str],
    default_categories: tuple[str, ...],
    today: date,
) -> None:
    def cell(column: str) -> str:
        place = columns.get(column)
        return cells[place].strip()[:_LONGEST_CELL] if place is not None and place < len(cells) else ""

    before = sheet.errors_total
    phone = _phone(sheet, row, cell("phone"))
    consented_on = _day(sheet, row, cell("consented_on"), today)
    proof = cell("proof")
    if not proof:
        sheet.refuse(row, "proof", "proof-missing", "Where is the consent kept? Give the form's number or the file's name.")
    categories = tuple(dict.fromkeys(filter(None, _SEPARATORS.split(cell("categories").casefold())))) or default_categories
    for code in categories:
        if code not in known_categories:
            sheet.refuse(row, "categories", "unknown-category", "There is no category with this code.", code)
    language = _language(sheet, row, cell("language"))
    if phone is not None and phone in seen:
        sheet.doubled += 1
        return
    if phone is not None:
        seen[phone] = row
    if sheet.errors_total == before and phone is not None and consented_on is not None and language is not None:
        sheet.rows.append(ImportRow(row, phone, consented_on, proof, categories, language))


def _phone(sheet: Sheet, row: int, value: str) -> str | None:
    if not value:
        sheet.refuse(row, "phone", "phone-missing", "There is no phone number.")
        return None
    try:
        channel, address = contact_forms.normalise(_as_number(value))
    except AppError as error:
        sheet.refuse(row, "phone", "phone-invalid", error.detail, masked(value))
        return None
    if channel != "sms":
        sheet.refuse(row, "phone", "phone-invalid", "This is an e-mail address, not a phone number.")
        return None
    return address


def _as_number(value: str) -> str:
    """What spreadsheets make of numbers, undone: 6.001002e+08, 600100200.0, 0048…, a leading apostrophe."""
    value = value.lstrip("'=\"").rstrip('"')
    if re.fullmatch(r"\d+(?:[.,]\d+)?[eE]\+?\d{1,2}", value):
        return f"{float(value.replace(',', '.')):.0f}"
    value = re.sub(r"^(\d{9,15})[.,]0+$", r"\1", value)
    bare = phonenumbers.normalize_digits_only(value)
    if bare.startswith("0048") and len(bare) == 13:
        return "+" + bare[2:]
    return "+" + bare if bare.startswith("48") and len(bare) == 11 else value


def _day(sheet: Sheet, row: int, value: str, today: date) -> date | None:
    if not value:
        sheet.refuse(row, "consented_on", "consent-missing", "When was the consent given? Without it nothing may be sent.")
        return None
    for form in _DATES:
        try:
            day = datetime.strptime(value.split(" ", maxsplit=1)[0].split("T", maxsplit=1)[0], form).date()  # noqa: DTZ007 a day, not an instant
        except ValueError:
            continue
        if _EARLIEST <= day <= today:
            return day
        sheet.refuse(row, "consented_on", "date-impossible", "The day of consent lies in the future or before 1990.", value)
        return None
    sheet.refuse(row, "consented_on", "date-invalid", "Give the day as 2024-05-31 or 31.05.2024.", value)
    return None


def _language(sheet: Sheet, row: int, value: str) -> Language | None:
    try:
        return Language(value.casefold()) if value else Language.PL
    except ValueError:
        sheet.refuse(row, "language", "language-unknown", "Languages are pl, en and uk.", value)
        return None


def _unreadable(code: str, detail: str) -> AppError:
    return AppError(Kind.INVALID, code, detail)


def today_in_town(now: datetime) -> date:
    """Today in the town."""
    return now.astimezone(TOWN_TIME).date()
