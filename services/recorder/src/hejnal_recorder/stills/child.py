"""The decoding process: a group of pictures in, one picture out."""

import json

from hejnal_media.decoding_process import serve
from hejnal_recorder.stills.wire import decode_request, encode_still

_MEMORY_BYTES = 2 * 1024 * 1024 * 1024
_CPU_PER_PICTURE_S = 20
_NICE = 10


def answer(message: bytes) -> bytes:
    """A still, or why there is none."""
    from hejnal_recorder.stills.picture import UndecodableError, picture_at

    try:
        return encode_still(picture_at(decode_request(message)))
    except (UndecodableError, ValueError, MemoryError) as error:
        return json.dumps({"refused": f"{type(error).__name__}: {error}"[:200]}).encode() + b"\n"


def main() -> None:
    """Serves standard input until it ends."""
    from hejnal_recorder.stills import picture  # loaded before the limits hold

    del picture
    serve(answer, memory_bytes=_MEMORY_BYTES, cpu_per_message_s=_CPU_PER_PICTURE_S, nice=_NICE)


if __name__ == "__main__":
    main()
