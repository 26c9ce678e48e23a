"""A proof of work (after Hashcash, A. Back 2002) for who sends more than people do: no foreign captcha, no puzzle for eyes.

The challenge is signed and names its own end, so nothing is stored until it is used, and then once.
"""

import hashlib
import hmac
import os
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Response
from pydantic import AwareDatetime, Field
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import idempotency
from hejnal_citizen.access import Res
from hejnal_citizen.resources import Resources
from hejnal_citizen.schema import Output, problems
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(tags=["reports"])

GOOD_FOR = timedelta(minutes=10)
_BODY = struct.Struct(">16sQB")
_SIGNATURE_BYTES = 16
LONGEST_SOLUTION = 32

ProofHeader = Annotated[
    str | None,
    Header(
        alias="Proof-Of-Work",
        max_length=160,
        description="`challenge:solution` of GET /proof-of-work; needed only after 428 proof-of-work-needed",
    ),
]


class Challenge(Output):
    """Find a solution so that SHA-256 of `challenge:solution` begins with `bits` zero bits."""

    challenge: str
    bits: int = Field(description="Leading zero bits; 18 take a phone about a second")
    expires_at: AwareDatetime


@router.get("/proof-of-work", responses=problems())
async def get_challenge(res: Res, response: Response) -> Challenge:
    """A challenge for one further report when `POST /reports` has answered 428 `proof-of-work-needed`."""
    response.headers["Cache-Control"] = "no-store"
    expires_at = res.clock.now() + GOOD_FOR
    body = _BODY.pack(os.urandom(16), int(expires_at.timestamp()), res.settings.proof_bits)
    return Challenge(challenge=_text(body + _sign(res, body)), bits=res.settings.proof_bits, expires_at=expires_at)


async def spend(session: AsyncSession, res: Resources, proof: str | None, *, now: datetime) -> None:
    """Take one proof. AppError: PRECONDITION_REQUIRED (none given), INVALID (wrong, over, or used before)."""
    if not proof:
        detail = "Many reports came from your address this hour. Your program must solve GET /proof-of-work and send it along."
        raise AppError(Kind.PRECONDITION_REQUIRED, "proof-of-work-needed", detail)
    challenge, _, solution = proof.partition(":")
    try:
        data = urlsafe_b64decode(challenge + "=" * (-len(challenge) % 4))
        body, signature = data[: _BODY.size], data[_BODY.size :]
        _, expires, bits = _BODY.unpack(body)
    except (ValueError, struct.error) as error:
        raise _wrong() from error
    if not hmac.compare_digest(signature, _sign(res, body)) or expires < now.timestamp() or len(solution) > LONGEST_SOLUTION:
        raise _wrong()
    if leading_zero_bits(hashlib.sha256(f"{challenge}:{solution}".encode()).digest()) < bits:
        raise _wrong()
    key = _text(hashlib.sha256(body).digest())
    if await idempotency.claim(session, "proof-of-work", key, b"", {"used": True}, now=now):
        raise _wrong()


def leading_zero_bits(digest: bytes) -> int:
    """How many bits are zero before the first one that is not."""
    return len(digest) * 8 - int.from_bytes(digest, "big").bit_length()


def _sign(res: Resources, body: bytes) -> bytes:
    return hashlib.sha256(res.secrets.caller_key("proof-of-work", body.hex()).encode()).digest()[:_SIGNATURE_BYTES]


def _wrong() -> AppError:
    detail = "The proof of work is wrong, too old, or was used before. Get a fresh challenge and try again."
    return AppError(Kind.INVALID, "proof-of-work-wrong", detail)


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
