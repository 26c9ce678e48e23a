"""A camera that answers as it is told, for dialogues with odd ones: each test names the methods that it answers differently."""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable

from hejnal_media.rtsp.message import Request, encode_response, parse_head
from hejnal_media.simulator.clip import Clip
from hejnal_media.simulator.packets import packetize_clip, stamp

Answer = Callable[[Request], bytes]


def ok(request: Request, *headers: tuple[str, str], body: bytes = b"", status: int = 200, reason: str = "OK") -> bytes:
    """An answer with the request's CSeq."""
    return encode_response(status, reason, [("CSeq", str(request.sequence)), *headers], body)


class OddCamera:
    """Remembers what it was asked; `answer` gives the bytes to send back."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.raw = b""
        self.writers: list[asyncio.StreamWriter] = []

    def methods(self) -> list[str]:
        """Of all requests so far."""
        return [request.method for request in self.requests]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.writers.append(writer)
        pending = b""
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while data := await reader.read(4096):
                self.raw += data
                pending += data
                while pending.startswith(b"$") and len(pending) >= 4 and len(pending) >= 4 + int.from_bytes(pending[2:4], "big"):
                    pending = pending[4 + int.from_bytes(pending[2:4], "big") :]
                while b"\r\n\r\n" in pending and not pending.startswith(b"$"):
                    head, _, pending = pending.partition(b"\r\n\r\n")
                    message, _ = parse_head(head + b"\r\n\r\n")
                    if isinstance(message, Request):
                        self.requests.append(message)
                        writer.write(self.answer(message))
        writer.close()


@contextlib.asynccontextmanager
async def camera(answer: Answer, *, secure: ssl.SSLContext | None = None) -> AsyncIterator[tuple[OddCamera, str]]:
    """The camera and its `host:port`."""
    odd = OddCamera(answer)
    server = await asyncio.start_server(odd.serve, "127.0.0.1", 0, ssl=secure)
    try:
        yield odd, f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        for writer in odd.writers:
            writer.close()
        server.close()


def description(clip: Clip, control: str = "streamid=1") -> bytes:
    """A-law sound and H.264 pictures of payload type 99."""
    sets = ",".join(base64.b64encode(unit).decode() for unit in (clip.sps, clip.pps))
    return (
        "v=0\r\nm=audio 0 RTP/AVP 8\r\na=control:streamid=0\r\nm=video 0 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"
        f"a=fmtp:99 packetization-mode=1;sprop-parameter-sets={sets}\r\na=control:{control}\r\n"
    ).encode()


def usual(clip: Clip, **special: Answer) -> Answer:
    """A camera that answers as most do, but for the methods named."""

    def answer(request: Request) -> bytes:
        if request.method in special:
            return special[request.method](request)
        if request.method == "OPTIONS":
            return ok(request, ("Public", "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"))
        if request.method == "DESCRIBE":
            return ok(request, ("Content-Base", request.url + "/"), body=description(clip))
        if request.method == "SETUP":
            return ok(request, ("Session", "abc;timeout=2"), ("Transport", "RTP/AVP/TCP;unicast;interleaved=4-5"))
        return ok(request, ("Session", "abc"))

    return answer


def pictures(clip: Clip, count: int, channel: int, payload_type: int) -> bytes:
    """Some pictures as interleaved frames."""
    stream, sequence = b"", 0
    for number, picture in enumerate(packetize_clip(clip, in_band_sets=False)[:count]):
        frames = stamp(picture, sequence=sequence, timestamp=3600 * number, ssrc=9, camera="x", frame=number, sent_at_us=0)
        for offset in picture.offsets:
            frames[offset + 1] = channel
            frames[offset + 5] = frames[offset + 5] & 0x80 | payload_type
        sequence += len(picture.offsets)
        stream += frames
    return stream
