"""Start codes (ITU-T H.264 and H.265, Annex B) where they do not belong: some cameras leave them inside RTP payloads."""

START_CODE = b"\0\0\1"


def split_start_codes(data: bytes) -> list[bytes]:
    """The NAL units between the start codes of `data`; what stands before the first one is a NAL unit too.

    Inside a NAL unit a start code cannot occur (emulation prevention), so nothing is ever cut in two.
    """
    # a NAL unit never ends with a zero byte: those before a start code belong to that
    return [unit for part in data.split(START_CODE) if (unit := part.rstrip(b"\0"))]
