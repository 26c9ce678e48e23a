"""Receives the form with one attachment: bounded in bytes and time before anything of it is looked at."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from hejnal_runtime.errors import AppError, Kind

FORM_BYTES = 64 * 1024
"""Room for everything of the body that is not the file."""
TIMEOUT_S = 120.0
LONGEST_DESCRIPTION = 500


@dataclass(frozen=True, slots=True)
class AttachmentForm:
    """A whole form."""

    content: bytes
    name: str
    description: str


async def receive(request: Request, *, file_bytes: int) -> AttachmentForm:
    """The form of a request. AppError: TOO_LARGE, UNSUPPORTED (not multipart), INVALID (broken, or something is missing)."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise AppError(Kind.UNSUPPORTED, "not-a-form", "Send the file as multipart/form-data.")
    parser = MultiPartParser(request.headers, _bounded(request, file_bytes), max_files=1, max_fields=4, max_part_size=16 * 1024)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:  # what a broken boundary or encoding makes of the parser
        raise AppError(Kind.INVALID, "form-broken", "The form could not be read. Please send it again.") from error
    except (ClientDisconnect, TimeoutError) as error:
        raise AppError(Kind.INVALID, "upload-broken", "The upload ended before it was complete.") from error
    try:
        file, description = form.get("file"), form.get("description")
        if not isinstance(file, UploadFile):
            raise AppError(Kind.INVALID, "invalid-request", "Send the file in the field `file`.")
        content = await file.read()
        if len(content) > file_bytes:
            raise _too_large(file_bytes)
        if not isinstance(description, str) or not 3 <= len(description.strip()) <= LONGEST_DESCRIPTION:
            detail = "Say in `description` what the file shows (3 to 500 characters): not everybody can see it."
            raise AppError(
                Kind.INVALID, "description-missing", detail, errors=[{"pointer": "/body/description", "detail": detail}]
            )
        return AttachmentForm(content, file.filename or "", " ".join(description.replace("\0", " ").split()))
    finally:
        await form.close()


async def _bounded(request: Request, file_bytes: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > file_bytes + FORM_BYTES:
            raise _too_large(file_bytes)
        yield chunk


def _too_large(limit_bytes: int) -> AppError:
    detail = f"The file is larger than {limit_bytes // 1024**2} MB. Make it smaller and send it again."
    return AppError(Kind.TOO_LARGE, "attachment-too-large", detail)
