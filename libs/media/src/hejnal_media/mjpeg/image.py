"""What a JPEG image says about itself before its data."""

from hejnal_media.access_unit import CodecParameters, VideoKind

CODEC = "mp4v.6c"
_START = b"\xff\xd8"
_FRAME_MARKERS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_MAX_SEGMENTS = 1000


class JpegError(ValueError):
    """The bytes are no JPEG image."""


def jpeg_parameters(image: bytes) -> CodecParameters:
    """Size in pixels from the frame header (ITU-T T.81 §B.2.2). Raises JpegError."""
    if not image.startswith(_START):
        raise JpegError("no JPEG image begins so")
    position = 2
    for _ in range(_MAX_SEGMENTS):
        while image[position : position + 2] == b"\xff\xff":
            position += 1  # fill bytes
        if len(image) - position < 4 or image[position] != 0xFF:
            break
        marker = image[position + 1]
        if marker in _WITHOUT_LENGTH:
            position += 2
            continue
        size = int.from_bytes(image[position + 2 : position + 4], "big")
        if marker in _FRAME_MARKERS:
            header = image[position + 4 : position + 2 + size]
            height, width = int.from_bytes(header[1:3], "big"), int.from_bytes(header[3:5], "big")
            if len(header) < 6 or not width or not height:
                break
            return CodecParameters(CODEC, width, height, kind=VideoKind.MJPEG)
        position += 2 + size
    raise JpegError("the image does not tell its size")
