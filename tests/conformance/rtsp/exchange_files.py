"""Exchanges with cameras, written down in text files."""

from pathlib import Path

from hejnal_media.rtsp.message import Request

EXCHANGES = Path(__file__).parent / "exchanges"


def answers(name: str) -> dict[str, list[bytes]]:
    """What the camera answers to each method, in turn; bodies get their true length."""
    found: dict[str, list[bytes]] = {}
    for part in (EXCHANGES / f"{name}.txt").read_text(encoding="utf-8").split("\n--- ")[1:]:
        title, _, content = part.partition("\n")
        head, _, body = content.rstrip("\n").partition("\n\n")
        body = (body + "\n").replace("\n", "\r\n") if body else ""
        lines = [
            f"Content-Length: {len(body.encode())}" if line.lower().startswith("content-length:") else line
            for line in head.split("\n")
        ]
        found.setdefault(title.split()[0], []).append(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
    return found


def answer_of(told: dict[str, list[bytes]], request: Request) -> bytes:
    """The next answer to the request's method, with its CSeq; the last one stays."""
    waiting = told.get(request.method, [])
    if not waiting:
        return b"RTSP/1.0 200 OK\r\n\r\n"
    answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
    head, end, body = answer.partition(b"\r\n\r\n")
    lines = [b"CSeq: %d" % request.sequence if line.startswith(b"CSeq:") else line for line in head.split(b"\r\n")]
    return b"\r\n".join(lines) + end + body
