"""Texts as SMPP carries them: alphabets, parts with their header, the words of a receipt. Pure."""

import re
from dataclasses import dataclass

from hejnal_notifier.channels.sms.smpp_pdu import Message, Tag
from hejnal_runtime.sms_text import Encoding, split_text

UCS2 = 8
LATIN1 = 3
UDH_INDICATOR = 0x40

# 3GPP TS 23.038 §6.2.1, in the order of the codes 0x00 to 0x7F
_GSM7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {"\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65}
_ESCAPE = 0x1B
_CODES = {character: bytes((code,)) for code, character in enumerate(_GSM7) if code != _ESCAPE} | {
    character: bytes((_ESCAPE, code)) for character, code in _EXTENSION.items()
}
_EXTENDED = {code: character for character, code in _EXTENSION.items()}

_RECEIPT_ID = re.compile(r"\bid:\s*(\S+)", re.IGNORECASE)
_RECEIPT_STATE = re.compile(r"\bstat:\s*([A-Z]+)", re.IGNORECASE)
_RECEIPT_ERROR = re.compile(r"\berr:\s*(\S+)", re.IGNORECASE)
# message_state (§5.2.28) and the words of a receipt (appendix B)
_STATES = {1: "ENROUTE", 2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 6: "ACCEPTD", 7: "UNKNOWN", 8: "REJECTD"}


def gsm7(text: str) -> bytes:
    """The text in the GSM default alphabet, a septet in each octet. KeyError for a character that it lacks."""
    return b"".join(_CODES[character] for character in text)


def from_gsm7(raw: bytes) -> str:
    """The text of septets in octets; what is no character becomes a space."""
    characters = []
    escaped = False
    for code in raw:
        if escaped:
            characters.append(_EXTENDED.get(code, " "))
            escaped = False
        elif code == _ESCAPE:
            escaped = True
        else:
            characters.append(_GSM7[code] if code < len(_GSM7) else " ")
    return "".join(characters)


@dataclass(frozen=True, slots=True)
class Part:
    """One short message of a text."""

    octets: bytes
    data_coding: int
    esm_class: int


def parts_of(text: str, reference: int) -> list[Part]:
    """The short messages of a text; `reference` (0…255) tells the phone which of them belong together."""
    split = split_text(text)
    single = len(split.parts) == 1
    found = []
    for number, part in enumerate(split.parts, start=1):
        unicode = split.encoding is Encoding.UCS2
        octets = part.encode("utf-16-be") if unicode else gsm7(part)
        header = b"" if single else bytes((5, 0, 3, reference, len(split.parts), number))
        found.append(Part(header + octets, UCS2 if unicode else 0, 0 if single else UDH_INDICATOR))
    return found


@dataclass(frozen=True, slots=True)
class Received:
    """A short message from a phone."""

    text: str
    reference: int = 0
    total: int = 1
    number: int = 1


def received(message: Message) -> Received:
    """What a phone has written; one of several parts where a header or the optional parameters say so."""
    octets = message.payload
    reference, total, number = 0, 1, 1
    if message.esm_class & UDH_INDICATOR and octets:
        length = octets[0] + 1
        header, octets = octets[1:length], octets[length:]
        while len(header) >= 2:
            kind, size = header[0], header[1]
            value, header = header[2 : 2 + size], header[2 + size :]
            if kind == 0x00 and len(value) == 3:
                reference, total, number = value
            elif kind == 0x08 and len(value) == 4:
                reference, total, number = int.from_bytes(value[:2], "big"), value[2], value[3]
    elif Tag.SAR_REFERENCE in message.tlvs:
        reference = int.from_bytes(message.tlvs[Tag.SAR_REFERENCE], "big")
        total = int.from_bytes(message.tlvs.get(Tag.SAR_TOTAL, b"\1"), "big")
        number = int.from_bytes(message.tlvs.get(Tag.SAR_NUMBER, b"\1"), "big")
    if message.data_coding == UCS2:
        text = octets.decode("utf-16-be", "replace")
    elif message.data_coding == LATIN1:
        text = octets.decode("latin-1")
    else:
        text = from_gsm7(octets)
    return Received(text, reference, max(1, total), max(1, number))


@dataclass(frozen=True, slots=True)
class ReceiptWords:
    """What a delivery receipt says."""

    message_id: str
    state: str
    """DELIVRD, UNDELIV, EXPIRED, REJECTD, DELETED, ACCEPTD, ENROUTE, UNKNOWN; "" where it says nothing."""
    error: str


def receipt_words(message: Message) -> ReceiptWords:
    """Id and state of a receipt: from its optional parameters, else from its text (appendix B)."""
    text = message.payload.decode("latin-1")
    named = message.tlvs.get(Tag.RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0").decode("ascii", "replace")
    found = _RECEIPT_ID.search(text)
    state = _STATES.get(int.from_bytes(message.tlvs[Tag.MESSAGE_STATE], "big"), "") if Tag.MESSAGE_STATE in message.tlvs else ""
    said = _RECEIPT_STATE.search(text)
    error = _RECEIPT_ERROR.search(text)
    return ReceiptWords(
        message_id=named or (found[1] if found else ""),
        state=state or (said[1].upper()[:7] if said else ""),
        error=error[1][:20] if error else "",
    )
