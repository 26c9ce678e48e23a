"""Whatever bytes arrive, the form is read whole or refused with a problem, and no more than the limits reaches the disk."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import Request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hejnal_citizen.cursors import decode
from hejnal_citizen.reports import upload
from hejnal_runtime.errors import AppError

PIECES = st.sampled_from(
    [
        b"--b\r\n",
        b"--b--\r\n",
        b"\r\n",
        b'Content-Disposition: form-data; name="photos"; filename="x"\r\n',
        b'Content-Disposition: form-data; name="text"\r\n',
        b"Content-Disposition: form-data\r\n",
        b"Content-Type: image/jpeg\r\n",
        b"\r\n--b",
        b"\xff\xfe\x00",
        b"x" * 700,
    ]
)


def request(body, sizes):
    position = 0
    pending = list(sizes) or [len(body) or 1]

    async def receive():
        nonlocal position
        size = pending.pop() if pending else len(body) - position
        chunk = body[position : position + size]
        position += size
        return {"type": "http.request", "body": chunk, "more_body": position < len(body)}

    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)


async def receive(body, sizes, folder):
    return await upload.receive(request(body, sizes), folder, photo_bytes=1000, upload_bytes=3000)


@given(st.lists(PIECES | st.binary(max_size=60), max_size=30), st.lists(st.integers(1, 300), max_size=40))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes(pieces, sizes):
    with TemporaryDirectory() as name:
        folder = Path(name)
        try:
            form = asyncio.run(receive(b"".join(pieces), sizes, folder))
        except AppError:
            form = None
        stored = [path.stat().st_size for path in folder.iterdir()]
        assert all(size <= 1000 for size in stored)
        assert len(stored) <= upload.MOST_PHOTOS
        if form:
            assert all(photo.path.stat().st_size > 0 for photo in form.photos)


@given(st.text(max_size=30), st.binary(min_size=1, max_size=900), st.lists(st.integers(1, 50), max_size=60))
@settings(max_examples=100, deadline=None)
def test_a_whole_form_arrives_whole_however_it_is_cut(words, data, sizes):
    if b"\r\n--b" in data:
        return
    body = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + words.encode() + b"\r\n"
    body += b'--b\r\nContent-Disposition: form-data; name="photos"; filename="a.jpg"\r\n\r\n' + data + b"\r\n--b--\r\n"
    with TemporaryDirectory() as name:
        form = asyncio.run(receive(body, sizes, Path(name)))
        assert form.fields == {"text": words}
        assert [photo.path.read_bytes() for photo in form.photos] == [data]


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_cursor_is_read_or_refused(text):
    try:
        parts = decode(text, (str, int))
    except AppError as error:
        assert error.slug == "bad-cursor"
    else:
        assert isinstance(parts[0], str)
