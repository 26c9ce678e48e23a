"""SMPP without sockets: PDUs, alphabets, receipts; another implementation reads ours, and ours reads its."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import smpp34

from hejnal_notifier.channels.sms.smpp import judge_status, relative_validity
from hejnal_notifier.channels.sms.smpp_pdu import (
    MalformedPduError,
    Message,
    PduReader,
    Tag,
    decode_message,
    encode,
    encode_message,
)
from hejnal_notifier.channels.sms.smpp_text import from_gsm7, gsm7, parts_of, receipt_words, received
from hejnal_notifier.sending.outcome import Postponed, Refused

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_our_pdus_are_read_by_another_implementation_and_theirs_by_ours() -> None:
    message = Message("Bugielsk", "48500100200", gsm7("Zazolc"))
    message = replace(message, registered_delivery=1, validity="000000060000000R", tlvs={Tag.USER_MESSAGE_REFERENCE: b"\x12\x34"})
    theirs = smpp34.decode(encode(4, 7, encode_message(message)))
    assert isinstance(theirs, smpp34.SubmitSm)
    assert (theirs.source_addr, theirs.destination_addr, bytes(theirs.short_message)) == ("Bugielsk", "48500100200", b"Zazolc")
    assert (theirs.sequence_number, theirs.registered_delivery, theirs.validity_period) == (7, 1, "000000060000000R")
    assert [(tlv.tag, bytes(tlv.value)) for tlv in theirs.tlvs] == [(0x0204, b"\x12\x34")]
    wire = smpp34.SubmitSm("Miasto", "48500", b"tekst", esm_class=0x40, data_coding=8, sequence_number=9).encode()
    (pdu,) = PduReader().feed(bytes(wire))
    ours = decode_message(pdu.body)
    assert (ours.source, ours.destination, ours.text, ours.esm_class, ours.data_coding) == ("Miasto", "48500", b"tekst", 0x40, 8)


def test_a_stream_of_pdus_may_be_cut_anywhere_and_rubbish_ends_it() -> None:
    wire = b"".join(encode(0x15, number, b"") for number in range(1, 6))
    for cut in range(1, len(wire)):
        reader = PduReader()
        found = [*reader.feed(wire[:cut]), *reader.feed(wire[cut:])]
        assert [pdu.sequence for pdu in found] == [1, 2, 3, 4, 5]
    with pytest.raises(MalformedPduError):
        PduReader().feed(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(MalformedPduError):
        decode_message(b"\0\1\1" + b"x" * 5)


def test_the_alphabet_has_every_character_once() -> None:
    text = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCXYZÄÖÑÜ§¿abcxyzäöñüà\f^{}\\[~]|€"
    assert from_gsm7(gsm7(text)) == text


def test_receipts_are_understood_with_and_without_their_optional_parameters() -> None:
    words = b"id:0F3A sub:001 dlvrd:001 submit date:2611201200 done date:2611201201 stat:EXPIRED err:042 text:abc"
    plain = receipt_words(Message("48500", "3123", words, esm_class=4))
    assert (plain.message_id, plain.state, plain.error) == ("0F3A", "EXPIRED", "042")
    named = Message("48500", "3123", b"", esm_class=4, tlvs={Tag.RECEIPTED_MESSAGE_ID: b"77\0", Tag.MESSAGE_STATE: b"\2"})
    assert (receipt_words(named).message_id, receipt_words(named).state) == ("77", "DELIVRD")
    assert receipt_words(Message("48500", "3123", b"nonsense", esm_class=4)).message_id == ""


def test_long_messages_of_residents_come_in_parts() -> None:
    first, second = parts_of("Zgłoś dziura w drodze na ulicy Długiej przy numerze 5 " * 2, 77)[:2]
    one = received(Message("48500", "3123", first.octets, data_coding=first.data_coding, esm_class=first.esm_class))
    two = received(Message("48500", "3123", second.octets, data_coding=second.data_coding, esm_class=second.esm_class))
    assert (one.reference, one.total, one.number, two.number) == (77, 2, 1, 2)
    assert (one.text + two.text).startswith("Zgłoś dziura")


def test_validity_is_bounded() -> None:
    assert relative_validity(NOW, NOW + timedelta(hours=6, minutes=5)) == "000000060500000R"
    assert relative_validity(NOW, NOW + timedelta(days=30)) == "000003000000000R"
    assert relative_validity(NOW, NOW - timedelta(days=1)) == "000000000100000R"


def test_refusals() -> None:
    assert isinstance(judge_status(0x0B), Refused)
    refused = judge_status(0x0A)
    assert isinstance(refused, Postponed)
    assert refused.refuses_us
    assert isinstance(judge_status(0x64), Postponed)
