"""Boxes (ISO/IEC 14496-12 §4.2) and the descriptors of MPEG-4 (ISO/IEC 14496-1 §7.2.6)."""

import struct


def box(kind: bytes, *content: bytes) -> bytes:
    """A box with this content."""
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    """A box with version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *content)


def descriptor(tag: int, *content: bytes) -> bytes:
    """A descriptor of at most 16383 bytes."""
    body = b"".join(content)
    size = len(body)
    head = bytes((size,)) if size < 0x80 else bytes((0x80 | size >> 7, size & 0x7F))
    return bytes((tag,)) + head + body


def elementary_stream(track_id: int, object_type: int, stream_type: int, specific: bytes = b"") -> bytes:
    """`esds` (ISO/IEC 14496-14 §5.6): what kind of stream it is and what its decoder must know."""
    config = [bytes((object_type, stream_type << 2 | 1)) + bytes(11)]  # buffer size and bit rates: not known
    if specific:
        config.append(descriptor(5, specific))
    stream = struct.pack(">HB", track_id, 0)
    return full_box(b"esds", 0, 0, descriptor(3, stream, descriptor(4, *config), descriptor(6, b"\2")))
