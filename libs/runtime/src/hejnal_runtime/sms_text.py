"""SMS arithmetic: how a text becomes messages, and what each part holds.

3GPP TS 23.038 (GSM 7-bit default alphabet and its extension table, UCS-2) and TS 23.040 (concatenation with a 6-octet header):
160 septets alone, 153 per part; 70 UTF-16 code units alone, 67 per part. An escape pair and a surrogate pair are never torn.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")

SINGLE_SEPTETS, PART_SEPTETS = 160, 153
SINGLE_UNITS, PART_UNITS = 70, 67

_PLAIN = str.maketrans(
    {
        "Ł": "L",
        "ł": "l",
        "Đ": "D",
        "đ": "d",
        "„": '"',
        "”": '"',
        "“": '"',
        "«": '"',
        "»": '"',
        "’": "'",
        "‘": "'",
        "‚": "'",
        "–": "-",
        "—": "-",
        "−": "-",
        "…": "...",
        "•": "-",
        "°": "st.",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\u00ad": "",
        "\u200b": "",
        "\t": " ",
    }
)


class Encoding(StrEnum):
    """How the text travels."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True)
class SplitText:
    """A text cut into the parts that are sent and paid for."""

    encoding: Encoding
    parts: tuple[str, ...]
    units: int
    """Septets (GSM-7) or UTF-16 code units (UCS-2) of the whole text."""


def _septets(character: str) -> int:
    return 2 if character in GSM7_EXTENSION else 1


def _utf16_units(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1


def encoding_of(text: str) -> Encoding:
    """GSM-7 when every character is in its alphabet, else UCS-2: one character decides for the whole text."""
    fits = all(character in GSM7_BASIC or character in GSM7_EXTENSION for character in text)
    return Encoding.GSM7 if fits else Encoding.UCS2


def split_text(text: str) -> SplitText:
    """Cut a text into SMS parts. The parts joined give the text; an empty text is one empty part."""
    encoding = encoding_of(text)
    if encoding is Encoding.GSM7:
        width, single, part_limit = _septets, SINGLE_SEPTETS, PART_SEPTETS
    else:
        width, single, part_limit = _utf16_units, SINGLE_UNITS, PART_UNITS
    widths = [width(character) for character in text]
    units = sum(widths)
    if units <= single:
        return SplitText(encoding, (text,), units)
    parts: list[str] = []
    start = used = 0
    for position, size in enumerate(widths):
        if used + size > part_limit:
            parts.append(text[start:position])
            start, used = position, 0
        used += size
    parts.append(text[start:])
    return SplitText(encoding, tuple(parts), units)


def transliterate(text: str) -> str:
    """The text without what GSM-7 lacks, where a plain letter says the same: "Zażółć" becomes "Zazolc".

    Letters of GSM-7 itself (é, ü) stay; letters of other alphabets (Ukrainian) stay too: they need UCS-2.
    """
    plain: list[str] = []
    for character in unicodedata.normalize("NFC", text).translate(_PLAIN):
        if character in GSM7_BASIC or character in GSM7_EXTENSION:
            plain.append(character)
            continue
        base = "".join(mark for mark in unicodedata.normalize("NFD", character) if not unicodedata.combining(mark))
        plain.append(base if base and encoding_of(base) is Encoding.GSM7 else character)
    return "".join(plain)


def shorten(text: str, max_parts: int) -> str:
    """The text, cut at a word to fit into `max_parts` parts, with "..." where something is missing."""
    if len(split_text(text).parts) <= max_parts:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if len(split_text(text[:middle] + "...").parts) <= max_parts:
            low = middle
        else:
            high = middle - 1
    kept = text[:low]
    at_word = kept.rfind(" ")
    if at_word > len(kept) * 3 // 4:
        kept = kept[:at_word]
    return kept.rstrip(" ,;:-") + "..."
