"""Base shapes of the HTTP API: strict input, frozen output, pages and problems."""

from typing import Annotated, Any

from fastapi import Header, Query
from pydantic import BaseModel, ConfigDict, Field


class Input(BaseModel):
    """A request body. Unknown fields are refused, so that a typing error is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Output(BaseModel):
    """A response body."""

    model_config = ConfigDict(frozen=True)


class ProblemError(Output):
    """One field that is wrong."""

    pointer: str = Field(default="", description="Where, e.g. /body/texts/pl/title")
    detail: str = ""
    code: str = ""


class Problem(Output):
    """RFC 9457 problem document. `type` is `urn:hejnal:problem:<slug>`; clients choose their words by the slug."""

    type: str
    title: str
    status: int
    detail: str = Field(description="One sentence that says what is wrong and what to do")
    instance: str
    trace_id: str | None = None
    errors: list[ProblemError] = []


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` entry of a route: these statuses answer with a problem; 422 and 503 always may."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": "Problem", "content": content} for status in sorted({*statuses, 422, 503})}


def binary(media_type: str) -> dict[int | str, dict[str, Any]]:
    """The `responses=` entry of a route that answers with a file."""
    return {200: {"description": "The file", "content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}}


Cursor = Annotated[str | None, Query(max_length=400, description="`next_cursor` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200, description="Most items of the page")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=128,
        description="A fresh random key per attempt of the user; a repeat with the same key and body gets the first answer",
    ),
]
