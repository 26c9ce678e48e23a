"""Live relay framing between ingest and the gateway: one endless byte stream of records.

A record is `u32 length of what follows | u8 kind | body`, big endian:

| kind | body |
|---|---|
| 1 stream info | JSON `codec, width, height, clock_rate, run_id`; the first record, and again after each change |
| 2 access unit | `u8 flags (bit 0 key frame, bit 1 first after a skip) | u64 ticks | u64 server time µs | payload` |
| 3 keep-alive | empty, once a second |
| 4 run ended | JSON `cause, detail`; the connection stays, a new kind 1 follows when the camera is back |
| 5 audio frame | `u64 ticks at sample_rate | u64 server time µs | payload` |

With sound, kind 1 also has `audio`: `codec, sample_rate, channels, config` (hex). Unknown kinds are skipped, so that a
newer ingest can talk to an older gateway.
"""

import json
import struct
from dataclasses import asdict, dataclass
from typing import Any

from hejnal_media.access_unit import CLOCK_RATE, MAX_ACCESS_UNIT_BYTES, AccessUnit, AudioFrame, AudioParameters

STREAM_INFO, ACCESS_UNIT, KEEP_ALIVE_KIND, RUN_ENDED, AUDIO_FRAME = 1, 2, 3, 4, 5
FLAG_KEY_FRAME, FLAG_AFTER_SKIP = 1, 2

_HEADER = struct.Struct(">IB")
_UNIT_HEADER = struct.Struct(">IBBQQ")
_UNIT_BODY = struct.Struct(">BQQ")
_AUDIO_HEADER = struct.Struct(">IBQQ")
_AUDIO_BODY = struct.Struct(">QQ")
_MAX_JSON_BYTES = 4096
MAX_RECORD_BYTES = MAX_ACCESS_UNIT_BYTES + 64
"""The largest `length` a decoder accepts."""


class RelayError(ValueError):
    """The byte stream is not relay framing; the connection is of no further use."""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What the pictures that follow are."""

    codec: str
    width: int
    height: int
    run_id: str
    clock_rate: int = CLOCK_RATE
    audio: AudioParameters | None = None
    """What the sound is, when there is any."""


@dataclass(slots=True)  # not frozen: made for each picture, and frozen ones are three times as dear
class RelayedUnit:
    """One access unit; `after_skip` when pictures before it were left out because the reader was slow."""

    unit: AccessUnit
    after_skip: bool = False


@dataclass(slots=True)
class RelayedAudio:
    """One sound frame, coded as the last stream info says."""

    frame: AudioFrame


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """Ingest is alive, the camera has sent nothing new."""


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The camera has gone; `cause` is a `FaultCause` value."""

    cause: str
    detail: str = ""


Record = StreamInfo | RelayedUnit | RelayedAudio | KeepAlive | RunEnded

KEEP_ALIVE_RECORD = _HEADER.pack(1, KEEP_ALIVE_KIND)
"""The keep-alive record, ready to send."""


def _json_record(kind: int, content: dict[str, Any]) -> bytes:
    body = json.dumps(content, separators=(",", ":")).encode()
    return _HEADER.pack(1 + len(body), kind) + body


def encode_stream_info(info: StreamInfo) -> bytes:
    """The record of kind 1."""
    content = asdict(info)
    if info.audio is None:
        del content["audio"]
    else:
        content["audio"]["config"] = info.audio.config.hex()
    return _json_record(STREAM_INFO, content)


def encode_run_ended(cause: str, detail: str = "") -> bytes:
    """The record of kind 4."""
    return _json_record(RUN_ENDED, {"cause": cause, "detail": detail[:300]})


def encode_access_unit(unit: AccessUnit, *, after_skip: bool = False) -> bytes:
    """The record of kind 2. The payload is copied once, into the record."""
    flags = (FLAG_KEY_FRAME if unit.key_frame else 0) | (FLAG_AFTER_SKIP if after_skip else 0)
    head = _UNIT_HEADER.pack(18 + unit.size_bytes, ACCESS_UNIT, flags, unit.ticks, unit.received_at_us)
    return b"".join((head, *unit.pieces))


def encode_audio_frame(frame: AudioFrame) -> bytes:
    """The record of kind 5."""
    head = _AUDIO_HEADER.pack(17 + len(frame.payload), AUDIO_FRAME, frame.ticks, frame.received_at_us)
    return head + frame.payload


class RelayDecoder:
    """Cuts a relay byte stream into records, whatever the sizes of the chunks it arrives in."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, chunk: bytes | memoryview) -> list[Record]:
        """The records completed by `chunk`, in order; nothing of `chunk` is kept. Raises RelayError; no use after that."""
        if not self._pending:
            records, taken = _cut(chunk)
            self._pending += memoryview(chunk)[taken:]
            return records
        self._pending += chunk
        records, taken = _cut(self._pending)
        if taken:
            del self._pending[:taken]
        return records


def _cut(data: bytes | bytearray | memoryview) -> tuple[list[Record], int]:
    """The whole records at the beginning of `data`, and how many bytes they are."""
    records: list[Record] = []
    position, end = 0, len(data)
    with memoryview(data) as view:
        while end - position >= _HEADER.size:
            length, kind = _HEADER.unpack_from(view, position)
            if not 1 <= length <= MAX_RECORD_BYTES:
                raise RelayError(f"record of {length} bytes")
            after = position + 4 + length
            if after > end:
                break
            record = _decode(kind, view[position + _HEADER.size : after])
            if record is not None:
                records.append(record)
            position = after
    return records, position


def _decode(kind: int, body: memoryview) -> Record | None:
    with body:
        if kind == ACCESS_UNIT:
            if len(body) <= _UNIT_BODY.size:
                raise RelayError("access unit without payload")
            flags, ticks, received_at_us = _UNIT_BODY.unpack_from(body)
            payload = bytes(body[_UNIT_BODY.size :])
            unit = AccessUnit(ticks, received_at_us, bool(flags & FLAG_KEY_FRAME), [payload], len(payload))
            return RelayedUnit(unit, after_skip=bool(flags & FLAG_AFTER_SKIP))
        if kind == AUDIO_FRAME:
            if len(body) <= _AUDIO_BODY.size:
                raise RelayError("audio frame without payload")
            ticks, received_at_us = _AUDIO_BODY.unpack_from(body)
            return RelayedAudio(AudioFrame(ticks, received_at_us, bytes(body[_AUDIO_BODY.size :])))
        if kind == KEEP_ALIVE_KIND:
            return KeepAlive()
        if kind == STREAM_INFO:
            return _stream_info(_json_body(body))
        if kind == RUN_ENDED:
            content = _json_body(body)
            return RunEnded(cause=str(content.get("cause", "")), detail=str(content.get("detail", "")))
    return None


def _json_body(body: memoryview) -> dict[str, Any]:
    if len(body) > _MAX_JSON_BYTES:
        raise RelayError(f"JSON body of {len(body)} bytes")
    try:
        content = json.loads(bytes(body))
    except (ValueError, RecursionError) as error:
        raise RelayError("JSON body cannot be read") from error
    if not isinstance(content, dict):
        raise RelayError("JSON body is no object")
    return content


def _stream_info(content: dict[str, Any]) -> StreamInfo:
    try:
        return StreamInfo(
            codec=str(content["codec"]),
            width=int(content["width"]),
            height=int(content["height"]),
            run_id=str(content["run_id"]),
            clock_rate=int(content.get("clock_rate", CLOCK_RATE)),
            audio=_audio_info(content.get("audio")),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise RelayError("stream info is incomplete") from error


def _audio_info(content: dict[str, Any] | None) -> AudioParameters | None:
    if content is None:
        return None
    config = bytes.fromhex(content["config"])
    return AudioParameters(str(content["codec"]), int(content["sample_rate"]), int(content["channels"]), config)
