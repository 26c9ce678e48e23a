"""A clip cut into RTP packets once, for all mounts that show it (RFC 6184, RFC 7798, RFC 2326 §10.12)."""

import struct
from dataclasses import dataclass
from enum import StrEnum

from hejnal_media.simulator.clip import Clip
from hejnal_media.simulator.frame_mark import TEXT_SIZE, frame_mark_nal, frame_mark_text, text_offset

PAYLOAD_TYPE = 96
_HEAD = struct.Struct(">BBHBBHII")
_VARIABLE = struct.Struct(">HII")
_HEAD_SIZE = 16
_VARIABLE_AT = 6


class Packetization(StrEnum):
    """How NAL units become packets."""

    FU_A = "fu_a"
    """Small NAL units alone, large ones in FU-A: what nearly all cameras do."""
    STAP_A = "stap_a"
    """Small NAL units of a picture together in a STAP-A."""


@dataclass(frozen=True, slots=True)
class PacketizedPicture:
    """The interleaved frames of one access unit in one piece, with blank RTP sequence, time, SSRC and frame mark."""

    frames: bytes
    offsets: tuple[int, ...]
    """Where each frame begins."""
    mark_at: int
    key_frame: bool
    payload_bytes: int
    set_packets: int = 0
    """So many packets at the beginning hold nothing but parameter sets."""
    shown_later: int = 0
    """By so many frames than it comes."""


def packetize(nal_units: list[bytes], *, mtu: int = 1400, packetization: Packetization = Packetization.FU_A) -> list[bytes]:
    """RTP payloads of one access unit, at most `mtu` bytes each."""
    payloads: list[bytes] = []
    together: list[bytes] = []

    def end_aggregate() -> None:
        if len(together) == 1:
            payloads.append(together[0])
        elif together:
            header = max(unit[0] & 0x60 for unit in together) | 24
            payloads.append(bytes((header,)) + b"".join(len(unit).to_bytes(2, "big") + unit for unit in together))
        together.clear()

    for unit in nal_units:
        if len(unit) <= mtu and packetization is Packetization.STAP_A:
            if 1 + sum(len(other) + 2 for other in together) + len(unit) + 2 > mtu:
                end_aggregate()
            together.append(unit)
            continue
        end_aggregate()
        if len(unit) <= mtu:
            payloads.append(unit)
            continue
        indicator, kind = unit[0] & 0xE0 | 28, unit[0] & 31
        step = mtu - 2
        for at in range(1, len(unit), step):
            flags = (0x80 if at == 1 else 0) | (0x40 if at + step >= len(unit) else 0)
            payloads.append(bytes((indicator, flags | kind)) + unit[at : at + step])
    end_aggregate()
    return payloads


def packetize_h265(nal_units: list[bytes], *, mtu: int = 1400) -> list[bytes]:
    """The same for H.265: small NAL units alone, large ones in fragmentation units (RFC 7798 §4.4.3)."""
    payloads: list[bytes] = []
    for unit in nal_units:
        if len(unit) <= mtu:
            payloads.append(unit)
            continue
        head, kind = bytes((unit[0] & 0x81 | 49 << 1, unit[1])), unit[0] >> 1 & 63
        step = mtu - 3
        for at in range(2, len(unit), step):
            flags = (0x80 if at == 2 else 0) | (0x40 if at + step >= len(unit) else 0)
            payloads.append(head + bytes((flags | kind,)) + unit[at : at + step])
    return payloads


def packetize_clip(
    clip: Clip, *, mtu: int = 1400, packetization: Packetization = Packetization.FU_A, in_band_sets: bool = True
) -> tuple[PacketizedPicture, ...]:
    """Every picture of a clip, ready to be stamped and sent."""
    pictures: list[PacketizedPicture] = []
    codec = clip.spec.codec
    mark = frame_mark_nal(codec=codec)
    for picture in clip.pictures:
        sets = list(clip.parameter_sets) if picture.key_frame and in_band_sets else []
        units = [*sets, mark, *picture.nal_units]
        if codec == "h265":
            payloads = packetize_h265(units, mtu=mtu)
        else:
            payloads = packetize(units, mtu=mtu, packetization=packetization)
        frames = bytearray()
        offsets: list[int] = []
        for number, payload in enumerate(payloads):
            marker = 0x80 if number + 1 == len(payloads) else 0
            offsets.append(len(frames))
            frames += _HEAD.pack(0x24, 0, 12 + len(payload), 0x80, marker | PAYLOAD_TYPE, 0, 0, 0) + payload
        pictures.append(
            PacketizedPicture(
                bytes(frames),
                tuple(offsets),
                frames.index(mark[: text_offset(codec)]) + text_offset(codec),
                picture.key_frame,
                len(frames) - _HEAD_SIZE * len(offsets),
                sum(payload in sets for payload in payloads),
                picture.shown_later,
            )
        )
    return tuple(pictures)


def stamp(
    picture: PacketizedPicture, *, sequence: int, timestamp: int, ssrc: int, camera: str, frame: int, sent_at_us: int
) -> bytearray:
    """A copy of the frames with everything filled in; `sequence` is that of its first packet."""
    frames = bytearray(picture.frames)
    pack_into = _VARIABLE.pack_into
    for offset in picture.offsets:
        pack_into(frames, offset + _VARIABLE_AT, sequence & 0xFFFF, timestamp, ssrc)
        sequence += 1
    frames[picture.mark_at : picture.mark_at + TEXT_SIZE] = frame_mark_text(camera, frame, sent_at_us)
    return frames
