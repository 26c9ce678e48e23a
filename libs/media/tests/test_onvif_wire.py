"""XML and SOAP from strangers."""

import base64
from datetime import UTC, datetime
from xml.etree.ElementTree import ParseError, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hejnal_media.onvif import MalformedXmlError, SoapFaultError, envelope, parse_xml, read_body
from hejnal_media.onvif.soap import fault_body, password_digest
from hejnal_media.onvif.xml import (
    MAX_BYTES,
    MAX_DEPTH,
    find,
    quote,
    read_duration,
    read_instant,
    text_of,
    write_duration,
    write_instant,
)


@pytest.mark.parametrize(
    "document",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'.encode("utf-16"),
        b"<x>&undefined;</x>",
        b"<a>" * (MAX_DEPTH + 1),
        b"<a>" + b"<b/>" * 30_000 + b"</a>",
        b"<a>" + b"x" * MAX_BYTES,
        b"",
        b"<x",
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="no-such"?><x/>',
    ],
)
def test_what_could_hurt_is_refused(document: bytes) -> None:
    with pytest.raises(MalformedXmlError):
        parse_xml(document)


@given(st.one_of(st.binary(max_size=300), st.text(alphabet='<>/&;=" abx!?[]-:\n', max_size=200).map(str.encode)))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        root = parse_xml(data)
    except MalformedXmlError:
        return
    try:
        assert fromstring(data).tag == root.tag
    except ParseError:
        pytest.fail("taken, though it is not well-formed")


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=60))
def test_text_comes_back_as_it_was(text: str) -> None:
    answer = read_body(envelope(f'<tds:X token="{quote(text)}"><tt:Name>{quote(text)}</tt:Name></tds:X>'))
    assert (find(answer, "tt:Name").text or "") == text  # type: ignore[union-attr]
    assert answer.get("token") == text


def test_faults_are_told_with_their_subcodes() -> None:
    with pytest.raises(SoapFaultError) as raised:
        read_body(envelope(fault_body(SoapFaultError("Sender", ("InvalidArgVal", "NoProfile"), "no <such> profile"))))
    assert (raised.value.code, raised.value.subcodes) == ("Sender", ("InvalidArgVal", "NoProfile"))
    assert raised.value.reason == "no <such> profile"
    for broken in (b"<x/>", envelope(""), b"<html>401</html>"):
        with pytest.raises(MalformedXmlError):
            read_body(broken)


def test_a_password_digest_is_that_of_the_profile() -> None:
    # the example of the ONVIF Application Programmer's Guide §6.1.1.3
    nonce = base64.b64decode("LKqI6G/AikKCQrN0zqZFlg==")
    assert password_digest(nonce, "2010-09-16T07:50:45Z", "userpassword") == "tuOSpGlFlIXsozq4HFNeeGeFLEI="


@given(st.integers(30_000_000_000, 4_000_000_000_000))
def test_instants_come_back_to_the_millisecond(unix_ms: int) -> None:
    instant = datetime.fromtimestamp(unix_ms / 1000, UTC)
    read = read_instant(write_instant(instant))
    assert read
    assert abs((read - instant).total_seconds()) <= 0.001


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT5S", 5), ("PT1M30.5S", 90.5), ("P1DT2H", 93_600), ("PT0S", 0), ("", None), ("P", None), ("PT", None), ("5", None)],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert read_duration(text) == seconds
    if seconds is not None:
        assert read_duration(write_duration(seconds)) == seconds


@given(st.text(max_size=40))
def test_any_text_may_stand_for_a_time(text: str) -> None:
    read_instant(text)
    read_duration(text)
    assert text_of(None) == ""
