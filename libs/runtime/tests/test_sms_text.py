"""SMS arithmetic against an independent implementation and the limits of the standard."""

import smsutil
from hypothesis import given, settings
from hypothesis import strategies as st

from hejnal_runtime.sms_text import (
    GSM7_BASIC,
    GSM7_EXTENSION,
    Encoding,
    encoding_of,
    shorten,
    split_text,
    transliterate,
)

POLISH = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"
UKRAINIAN = "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"
GSM7 = "".join(sorted(GSM7_BASIC | GSM7_EXTENSION))
PLAIN_TEXTS = st.text(alphabet=GSM7, min_size=1, max_size=700)
ANY_TEXTS = st.text(alphabet=GSM7 + POLISH + UKRAINIAN + "„”–…😀🚒", min_size=1, max_size=400)


@settings(max_examples=400)
@given(st.one_of(PLAIN_TEXTS, ANY_TEXTS))
def test_parts_equal_an_independent_implementation(text: str) -> None:
    ours, theirs = split_text(text), smsutil.split(text)
    assert (ours.encoding is Encoding.GSM7) == (theirs.encoding == "gsm0338")
    assert list(ours.parts) == [part.content for part in theirs.parts]


@settings(max_examples=300)
@given(st.one_of(PLAIN_TEXTS, ANY_TEXTS))
def test_parts_join_to_the_text_and_fit(text: str) -> None:
    split = split_text(text)
    assert "".join(split.parts) == text
    for part in split.parts:
        if split.encoding is Encoding.GSM7:
            size = sum(2 if character in GSM7_EXTENSION else 1 for character in part)
            assert size <= (160 if len(split.parts) == 1 else 153)
        else:
            assert len(part.encode("utf-16-be")) // 2 <= (70 if len(split.parts) == 1 else 67)


def test_limits() -> None:
    assert len(split_text("a" * 160).parts) == 1
    assert len(split_text("a" * 161).parts) == 2
    assert [len(part) for part in split_text("a" * 152 + "€" + "a" * 10).parts] == [152, 11]  # the escape pair is not torn
    assert len(split_text("a" * 158 + "€").parts) == 1
    assert len(split_text("a" * 159 + "€").parts) == 2
    assert len(split_text("ą" * 70).parts) == 1
    assert len(split_text("ą" * 71).parts) == 2
    assert split_text("").parts == ("",)
    assert [len(part) for part in split_text("ą" * 66 + "😀" + "ą" * 20).parts] == [66, 21]


def test_polish_letters_become_plain_and_gsm_letters_stay() -> None:
    assert transliterate("Zażółć gęślą jaźń, ŁÓDŹ") == "Zazolc gesla jazn, LODZ"
    assert transliterate("„Uwaga” – ul. Żwirki… 5 °C") == '"Uwaga" - ul. Zwirki... 5 st.C'
    assert transliterate("Café für 5 €") == "Café für 5 €"
    assert transliterate("Київ") == "Київ"


@given(ANY_TEXTS)
def test_transliteration_is_stable_and_never_costs_more_letters_of_polish(text: str) -> None:
    once = transliterate(text)
    assert transliterate(once) == once
    assert not set(once) & set(POLISH)


@given(st.text(alphabet=GSM7 + POLISH, max_size=300))
def test_polish_texts_fit_gsm7_after_transliteration(text: str) -> None:
    assert encoding_of(transliterate(text)) is Encoding.GSM7


@given(st.one_of(PLAIN_TEXTS, ANY_TEXTS), st.integers(1, 3))
def test_shortened_texts_fit(text: str, parts: int) -> None:
    short = shorten(text, parts)
    assert len(split_text(short).parts) <= parts
    if len(split_text(text).parts) <= parts:
        assert short == text
    else:
        assert short.endswith("...")
