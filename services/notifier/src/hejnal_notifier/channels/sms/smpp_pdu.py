"""SMPP 3.4 on the wire: the few PDUs that an ESME needs. Pure; no sockets here.

Source: Short Message Peer to Peer Protocol Specification v3.4, Issue 1.2; text alphabet: 3GPP TS 23.038 §6.2.1; headers of
concatenated messages: 3GPP TS 23.040 §9.2.3.24.1.
"""

import struct
from dataclasses import dataclass, field
from enum import IntEnum

HEADER = struct.Struct(">IIII")
RESPONSE = 0x8000_0000
MAX_PDU_BYTES = 64 * 1024


class Command(IntEnum):
    """Command ids (§5.1.2.1)."""

    GENERIC_NACK = 0x8000_0000
    BIND_TRANSCEIVER = 0x0000_0009
    SUBMIT_SM = 0x0000_0004
    DELIVER_SM = 0x0000_0005
    UNBIND = 0x0000_0006
    ENQUIRE_LINK = 0x0000_0015


class Status(IntEnum):
    """Command statuses that mean something to us (§5.1.3)."""

    OK = 0x00
    INVALID_COMMAND = 0x03
    SYSTEM_ERROR = 0x08
    INVALID_SOURCE = 0x0A
    INVALID_DESTINATION = 0x0B
    BIND_FAILED = 0x0D
    INVALID_PASSWORD = 0x0E
    INVALID_SYSTEM_ID = 0x0F
    QUEUE_FULL = 0x14
    SUBMIT_FAILED = 0x45
    THROTTLED = 0x58
    TEMPORARY_ERROR = 0x64
    PERMANENT_ERROR = 0x65


class Tag(IntEnum):
    """Optional parameters (§5.3.2)."""

    RECEIPTED_MESSAGE_ID = 0x001E
    USER_MESSAGE_REFERENCE = 0x0204
    SAR_REFERENCE = 0x020C
    SAR_TOTAL = 0x020E
    SAR_NUMBER = 0x020F
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class MalformedPduError(ValueError):
    """Bytes that are no PDU of this protocol."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """A protocol data unit as it came."""

    command: int
    status: int
    sequence: int
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Message:
    """The body of submit_sm and deliver_sm (§4.4.1, §4.6.1)."""

    source: str
    destination: str
    text: bytes
    source_ton: int = 5
    source_npi: int = 0
    destination_ton: int = 1
    destination_npi: int = 1
    esm_class: int = 0
    registered_delivery: int = 0
    data_coding: int = 0
    validity: str = ""
    tlvs: dict[int, bytes] = field(default_factory=dict)

    @property
    def payload(self) -> bytes:
        """The text, wherever it travels."""
        return self.text or self.tlvs.get(Tag.MESSAGE_PAYLOAD, b"")

    @property
    def is_receipt(self) -> bool:
        """Whether it is a delivery receipt of the SMSC (§5.2.12)."""
        return self.esm_class & 0x3C == 0x04


def encode(command: int, sequence: int, body: bytes = b"", status: int = Status.OK) -> bytes:
    """A whole PDU."""
    return HEADER.pack(HEADER.size + len(body), command, status, sequence) + body


def _c_string(text: str, most: int) -> bytes:
    raw = text.encode("ascii", "replace")
    if len(raw) >= most:
        raise ValueError(f"{text!r} is longer than {most - 1} octets")
    return raw + b"\0"


def bind_transceiver(system_id: str, password: str, system_type: str = "") -> bytes:
    """Body of bind_transceiver (§4.1.5)."""
    return (
        _c_string(system_id, 16) + _c_string(password, 9) + _c_string(system_type, 13) + bytes((0x34, 0, 0)) + _c_string("", 41)
    )


def encode_message(message: Message) -> bytes:
    """Body of submit_sm or deliver_sm."""
    if len(message.text) > 254:
        raise ValueError("a short message has at most 254 octets")
    return b"".join(
        (
            b"\0",
            bytes((message.source_ton, message.source_npi)),
            _c_string(message.source, 21),
            bytes((message.destination_ton, message.destination_npi)),
            _c_string(message.destination, 21),
            bytes((message.esm_class, 0, 0)),
            b"\0",
            _c_string(message.validity, 17),
            bytes((message.registered_delivery, 0, message.data_coding, 0, len(message.text))),
            message.text,
            *(struct.pack(">HH", tag, len(value)) + value for tag, value in message.tlvs.items()),
        )
    )


class _Cursor:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def byte(self) -> int:
        return self.octets(1)[0]

    def octets(self, count: int) -> bytes:
        taken = self._body[self._at : self._at + count]
        if len(taken) < count:
            raise MalformedPduError("the body ends in mid-field")
        self._at += count
        return taken

    def c_string(self) -> str:
        end = self._body.find(b"\0", self._at)
        if end < 0:
            raise MalformedPduError("a string has no end")
        taken = self._body[self._at : end]
        self._at = end + 1
        return taken.decode("ascii", "replace")

    def tlvs(self) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        while self._at + 4 <= len(self._body):
            tag, length = struct.unpack(">HH", self.octets(4))
            found[tag] = self.octets(length)
        return found


def decode_message(body: bytes) -> Message:
    """Body of submit_sm or deliver_sm; MalformedPduError."""
    cursor = _Cursor(body)
    cursor.c_string()
    source_ton, source_npi, source = cursor.byte(), cursor.byte(), cursor.c_string()
    destination_ton, destination_npi, destination = cursor.byte(), cursor.byte(), cursor.c_string()
    esm_class = cursor.byte()
    cursor.octets(2)
    cursor.c_string()
    validity = cursor.c_string()
    registered = cursor.byte()
    cursor.byte()
    data_coding = cursor.byte()
    cursor.byte()
    text = cursor.octets(cursor.byte())
    return Message(
        source=source,
        destination=destination,
        text=text,
        source_ton=source_ton,
        source_npi=source_npi,
        destination_ton=destination_ton,
        destination_npi=destination_npi,
        esm_class=esm_class,
        registered_delivery=registered,
        data_coding=data_coding,
        validity=validity,
        tlvs=cursor.tlvs(),
    )


def message_id(body: bytes) -> str:
    """What the SMSC calls a submitted message, from submit_sm_resp (§4.4.2); "" where it names none."""
    return body.split(b"\0", 1)[0].decode("ascii", "replace")


class PduReader:
    """Bytes in, PDUs out."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> list[Pdu]:
        """The PDUs that these bytes complete; MalformedPduError when the stream cannot be followed any more."""
        self._pending += data
        found = []
        while len(self._pending) >= HEADER.size:
            length, command, status, sequence = HEADER.unpack_from(self._pending)
            if not HEADER.size <= length <= MAX_PDU_BYTES:
                raise MalformedPduError(f"a PDU of {length} octets")
            if len(self._pending) < length:
                break
            found.append(Pdu(command, status, sequence, bytes(self._pending[HEADER.size : length])))
            del self._pending[:length]
        return found
