"""How words of addresses are compared: without case, marks, punctuation and the words everybody leaves out."""

import re
import unicodedata

_LETTERS_WITHOUT_MARKS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae"})
_LEFT_OUT = frozenset({"ul", "ulica", "al", "aleja", "aleje", "os", "osiedle", "pl", "plac"})
_SEPARATORS = re.compile(r"[^0-9a-z/]+")


def fold(text: str) -> list[str]:
    """The words of an address in their plainest form: `ul. Żółkiewskiego 4A` gives `zolkiewskiego`, `4a`."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS_WITHOUT_MARKS))
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    words = [word for word in _SEPARATORS.split(plain) if word.strip("/")]
    return [word for word in words if word not in _LEFT_OUT] or words


def number_key(number: str) -> str:
    """A house number as it is compared: `4 A` gives `4a`."""
    return "".join(fold(number))
