"""The decoding process: looks at one picture after the other."""

from hejnal_ingest.picture.decoding.look import UndecodableError, look
from hejnal_ingest.picture.decoding.wire import WireError, decode_request, encode_look, encode_refusal
from hejnal_media.decoding_process import serve

_MEMORY_BYTES = 1536 * 1024 * 1024
_CPU_PER_PICTURE_S = 4
_NICE = 15


def answer(message: bytes) -> bytes:
    """A look, or why there is none."""
    try:
        return encode_look(look(decode_request(message)))
    except (UndecodableError, WireError) as error:
        return encode_refusal(str(error))


if __name__ == "__main__":
    serve(answer, memory_bytes=_MEMORY_BYTES, cpu_per_message_s=_CPU_PER_PICTURE_S, nice=_NICE)
