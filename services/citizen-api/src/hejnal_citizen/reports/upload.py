"""Receives a report's form as it streams in: fields to memory, photos to files, limits enforced byte by byte."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect

from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.waiting import wait_for

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_PHOTOS = 6
MOST_FIELDS = 20
FIELD_BYTES = 32 * 1024
HEADER_BYTES = 8 * 1024
FORM_BYTES = 256 * 1024
"""Room for everything of the body that is not a photo."""
CHUNK_TIMEOUT_S = 30.0
UPLOAD_TIMEOUT_S = 600.0
DRAIN_BYTES = 96 * 1024 * 1024
DRAIN_S = 15.0
PHOTO_FIELDS = frozenset({"photos", "photo"})


@dataclass(frozen=True, slots=True)
class ReceivedPhoto:
    """A photo as it came, not yet looked at."""

    path: Path
    sha256: bytes


@dataclass(slots=True)
class Upload:
    """A whole form."""

    fields: dict[str, str] = field(default_factory=dict)
    """By name; the last value where one was sent several times."""
    pairs: list[tuple[str, str]] = field(default_factory=list)
    """All fields in their order."""
    photos: list[ReceivedPhoto] = field(default_factory=list)


async def receive(
    request: Request,
    folder: Path,
    *,
    photo_bytes: int,
    upload_bytes: int,
    photo_fields: frozenset[str] = PHOTO_FIELDS,
    most_fields: int = MOST_FIELDS,
) -> Upload:
    """The form of a request; its photos (what comes in `photo_fields`) are files in `folder`.

    AppError: TOO_LARGE, UNSUPPORTED (not multipart), INVALID.

    When the form is refused before its end, the rest of it is read and thrown away (bounded), for a browser that is cut off
    while it sends never shows the answer.
    """
    boundary = _boundary(request)
    parts = _Parts(folder, photo_bytes, upload_bytes, photo_fields, most_fields)
    announced = request.headers.get("content-length", "")
    chunks = request.stream()
    try:
        async with asyncio.timeout(UPLOAD_TIMEOUT_S):
            if announced.isdigit() and int(announced) > upload_bytes + FORM_BYTES:
                raise _too_large(upload_bytes)
            await _parse(chunks, boundary, parts)
    except AppError:
        parts.close()
        if "expect" not in request.headers:
            await drain(chunks)
        raise
    except ClientDisconnect as error:
        raise AppError(Kind.INVALID, "upload-broken", "The upload ended before it was complete.") from error
    except TimeoutError as error:
        raise AppError(Kind.INVALID, "upload-stalled", "The upload took too long. Please try again.") from error
    finally:
        parts.close()
    return parts.upload


def _boundary(request: Request) -> bytes:
    media_type, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if media_type != b"multipart/form-data" or not boundary:
        raise AppError(Kind.UNSUPPORTED, "not-a-form", "Send the report as multipart/form-data.")
    return boundary


async def _parse(chunks: AsyncIterator[bytes], boundary: bytes, parts: "_Parts") -> None:
    try:
        parser = MultipartParser(boundary, parts.callbacks())
        while True:
            chunk = await wait_for(anext(chunks, None), CHUNK_TIMEOUT_S)
            if chunk is None:
                break
            parts.count(len(chunk))
            parser.write(chunk)
        parser.finalize()
    except FormParserError as error:
        raise AppError(Kind.INVALID, "form-broken", "The form could not be read. Please send it again.") from error
    if not parts.finished:
        raise AppError(Kind.INVALID, "form-broken", "The form ended before it was complete. Please send it again.")


async def drain(chunks: AsyncIterator[bytes]) -> None:
    """Read and throw away the rest of a body, bounded: a browser cut off while it sends never shows the answer."""
    read = 0
    try:
        async with asyncio.timeout(DRAIN_S):
            async for chunk in chunks:
                read += len(chunk)
                if read > DRAIN_BYTES:
                    return
    except (TimeoutError, ClientDisconnect, RuntimeError):
        return


class _Parts:
    """Callbacks of the parser: one part after the other."""

    def __init__(self, folder: Path, photo_bytes: int, upload_bytes: int, photo_fields: frozenset[str], most_fields: int) -> None:
        self.upload = Upload()
        self.finished = False
        self._folder = folder
        self._photo_bytes = photo_bytes
        self._upload_bytes = upload_bytes
        self._photo_fields = photo_fields
        self._most_fields = most_fields
        self._total = 0
        self._parts = 0
        self._header_name = b""
        self._header_value = b""
        self._disposition = b""
        self._name = ""
        self._text: bytearray | None = None
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self._size = 0
        self._digest = hashlib.sha256()

    def callbacks(self) -> "MultipartCallbacks":
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_content,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def count(self, size: int) -> None:
        """Count bytes of the body as they arrive."""
        self._total += size
        if self._total > self._upload_bytes + FORM_BYTES:
            raise _too_large(self._upload_bytes)

    def close(self) -> None:
        """Close a file that was being written."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > self._most_fields + MOST_PHOTOS:
            raise AppError(Kind.INVALID, "form-broken", "The form has too many parts.")
        self._header_name = self._header_value = self._disposition = b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]
        self._check_headers()

    def _header_content(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]
        self._check_headers()

    def _check_headers(self) -> None:
        if len(self._header_name) + len(self._header_value) > HEADER_BYTES:
            raise AppError(Kind.INVALID, "form-broken", "A part's header is too long.")

    def _header_end(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in options:
            self._text = bytearray()
            return
        if self._name not in self._photo_fields:
            field_name = max(self._photo_fields)
            raise AppError(Kind.INVALID, "form-broken", f"Files are taken in the field `{field_name}` only.")
        if len(self.upload.photos) >= MOST_PHOTOS:
            raise AppError(Kind.INVALID, "too-many-photos", f"Send at most {MOST_PHOTOS} photos.")
        self._path = self._folder / f"{len(self.upload.photos)}.upload"
        self._file = self._path.open("wb")
        self._digest, self._size = hashlib.sha256(), 0

    def _data(self, data: bytes, start: int, end: int) -> None:
        piece = data[start:end]
        if self._file is not None:
            self._size += len(piece)
            if self._size > self._photo_bytes:
                limit = self._photo_bytes // 1024**2
                raise AppError(
                    Kind.TOO_LARGE, "photo-too-large", f"A photo is larger than {limit} MB. Make it smaller and send it again."
                )
            self._digest.update(piece)
            self._file.write(piece)
        elif self._text is not None:
            if len(self._text) + len(piece) > FIELD_BYTES:
                raise AppError(Kind.INVALID, "form-broken", f"The field {self._name[:40]!r} is too long.")
            self._text += piece

    def _end(self) -> None:
        if self._file is not None and self._path is not None:
            self.close()
            if self._size:  # browsers send an empty file where none was chosen
                self.upload.photos.append(ReceivedPhoto(self._path, self._digest.digest()))
        elif self._text is not None:
            try:
                value = self._text.decode()
            except UnicodeDecodeError as error:
                raise AppError(Kind.INVALID, "form-broken", "The form's text is not UTF-8.") from error
            self.upload.fields[self._name] = value
            self.upload.pairs.append((self._name, value))
        self._text = self._path = None

    def _finish(self) -> None:
        self.finished = True


def _too_large(limit_bytes: int) -> AppError:
    limit = limit_bytes // 1024**2
    detail = f"The photos together are larger than {limit} MB. Send fewer or smaller ones."
    return AppError(Kind.TOO_LARGE, "upload-too-large", detail)
