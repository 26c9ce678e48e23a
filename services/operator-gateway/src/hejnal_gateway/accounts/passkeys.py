"""Passkeys and security keys (WebAuthn Level 2). Each proves possession and, by PIN or finger, the person: both factors."""

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    bytes_to_base64url,
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from hejnal_gateway.accounts import ceremonies
from hejnal_gateway.accounts.accounts import Account, account_of
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.accounts.tables import passkeys
from hejnal_gateway.tables import accounts
from hejnal_runtime.clock import Clock
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

log = structlog.get_logger()

Answer = TypeVar("Answer", AuthenticationCredential, RegistrationCredential)

RP_NAME = "Hejnał"
MOST_PER_ACCOUNT = 10
_TIMEOUT_MS = 1000 * ceremonies.TIME_S


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who the keys are for: the door's own address, and nothing else."""

    id: str
    origin: str

    @classmethod
    def of(cls, public_url: str) -> "RelyingParty | None":
        """What the public address means; None where browsers do without (plain http, an address of digits)."""
        parts = urlsplit(public_url)
        host = parts.hostname or ""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            pass
        else:
            return None
        if parts.scheme != "https" and host != "localhost":
            return None
        port = f":{parts.port}" if parts.port and (parts.scheme, parts.port) not in (("https", 443), ("http", 80)) else ""
        return cls(host, f"{parts.scheme}://{host}{port}")


@dataclass(frozen=True, slots=True)
class Proof:
    """Whom an assertion proved, or whom it failed to prove."""

    account: Account | None
    account_id: str | None


class Passkeys:
    """Ceremonies of registration and sign-in. A challenge is answered once, within five minutes."""

    def __init__(self, clock: Clock, public_url: str) -> None:
        self._clock = clock
        self._party = RelyingParty.of(public_url)

    @property
    def offered(self) -> bool:
        """Whether browsers would do it at this address."""
        return self._party is not None

    # --- signing in -----------------------------------------------------------------------------------------------

    async def begin_sign_in(self, session: AsyncSession) -> dict[str, Any]:
        """PublicKeyCredentialRequestOptions as JSON. No account is named: the device shows the passkeys it has for this door."""
        options = generate_authentication_options(
            rp_id=self._needed().id, timeout=_TIMEOUT_MS, user_verification=UserVerificationRequirement.REQUIRED
        )
        await ceremonies.begin(session, "passkey-sign-in", bytes_to_base64url(options.challenge), {}, now=self._clock.now())
        return options_to_json_dict(options)

    async def prove(self, session: AsyncSession, credential: dict[str, Any]) -> Proof:
        """Whom an assertion proves. Anything that does not fit, a counter that does not grow too, proves nobody."""
        party, now = self._needed(), self._clock.now()
        answer, challenge = _answered(parse_authentication_credential_json, credential)
        if await ceremonies.take(session, "passkey-sign-in", bytes_to_base64url(challenge), now=now) is None:
            raise _too_late()
        query = select(passkeys, accounts).join(accounts, accounts.c.account_id == passkeys.c.account_id)
        found = query.where(passkeys.c.credential_id == answer.raw_id).with_for_update(of=passkeys)
        row = (await session.execute(found)).mappings().first()
        if row is None:
            return Proof(None, None)
        account_id = str(row["account_id"])
        try:
            verified = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=party.id,
                expected_origin=party.origin,
                credential_public_key=row["public_key"],
                credential_current_sign_count=row["sign_count"],
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError) as error:
            log.warning("passkey_refused", passkey_id=row["passkey_id"], account_id=account_id, why=str(error))
            return Proof(None, account_id)
        handle = answer.response.user_handle
        if not row["enabled"] or (handle is not None and handle != account_id.encode()):
            return Proof(None, account_id)
        used = {"sign_count": verified.new_sign_count, "backed_up": verified.credential_backed_up, "last_used_at": now}
        await session.execute(update(passkeys).where(passkeys.c.passkey_id == row["passkey_id"]).values(used))
        return Proof(account_of(row), account_id)

    # --- own keys -------------------------------------------------------------------------------------------------

    async def begin_registration(self, session: AsyncSession, staff: StaffSession) -> dict[str, Any]:
        """PublicKeyCredentialCreationOptions as JSON. AppError(CONFLICT) when the account has as many as it may."""
        party = self._needed()
        known = await self.of_account(session, staff.account_id)
        if len(known) >= MOST_PER_ACCOUNT:
            detail = f"An account has at most {MOST_PER_ACCOUNT} passkeys. Remove one that is no longer used."
            raise AppError(Kind.CONFLICT, "passkeys-full", detail)
        options = generate_registration_options(
            rp_id=party.id,
            rp_name=RP_NAME,
            user_id=staff.account_id.encode(),
            user_name=staff.login,
            user_display_name=staff.name,
            timeout=_TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=row["credential_id"]) for row in known],
        )
        key = bytes_to_base64url(options.challenge)
        await ceremonies.begin(session, "passkey-registration", key, {}, now=self._clock.now(), account_id=staff.account_id)
        return options_to_json_dict(options)

    async def register(self, session: AsyncSession, staff: StaffSession, name: str, credential: dict[str, Any]) -> str:
        """A new key's id. AppError: INVALID it does not prove what it must; CONFLICT it is registered already."""
        party, now = self._needed(), self._clock.now()
        answer, challenge = _answered(parse_registration_credential_json, credential)
        key = bytes_to_base64url(challenge)
        if await ceremonies.take(session, "passkey-registration", key, now=now, account_id=staff.account_id) is None:
            raise _too_late()
        try:
            verified = verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=party.id,
                expected_origin=party.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError) as error:
            log.warning("passkey_not_registered", account_id=staff.account_id, why=str(error))
            raise AppError(Kind.INVALID, "passkey-refused", "This key does not prove what it has to. Try another one.") from error
        row = {
            "passkey_id": new_id(),
            "account_id": staff.account_id,
            "credential_id": verified.credential_id,
            "public_key": verified.credential_public_key,
            "sign_count": verified.sign_count,
            "transports": sorted(transport.value for transport in answer.response.transports or ()),
            "backed_up": verified.credential_backed_up,
            "name": name,
            "created_at": now,
        }
        try:
            async with session.begin_nested():
                await session.execute(insert(passkeys).values(row))
        except IntegrityError as error:
            raise AppError(Kind.CONFLICT, "passkey-known", "This key is registered already.") from error
        return str(row["passkey_id"])

    async def of_account(self, session: AsyncSession, account_id: str) -> Sequence[Any]:
        """An account's keys, the oldest first."""
        query = select(passkeys).where(passkeys.c.account_id == account_id).order_by(passkeys.c.created_at)
        return (await session.execute(query)).mappings().all()

    async def remove(self, session: AsyncSession, account_id: str, passkey_id: str) -> None:
        """The key opens nothing any more. AppError(NOT_FOUND) when it is not this account's."""
        gone = delete(passkeys).where(passkeys.c.account_id == account_id, passkeys.c.passkey_id == passkey_id)
        if (await session.execute(gone.returning(passkeys.c.passkey_id))).first() is None:
            raise AppError(Kind.NOT_FOUND, "passkey-unknown", "There is no such passkey.")

    def _needed(self) -> RelyingParty:
        if self._party is None:
            detail = "Passkeys need a name and https: set HEJNAL_GATEWAY_PUBLIC_URL to the address browsers open."
            raise AppError(Kind.CONFLICT, "passkeys-not-offered", detail)
        return self._party


def _answered(parse: Callable[[dict[str, Any]], Answer], credential: dict[str, Any]) -> tuple[Answer, bytes]:
    """A browser's answer and the challenge that it answers. AppError(INVALID) for anything else."""
    try:
        answer = parse(credential)
        return answer, parse_client_data_json(answer.response.client_data_json).challenge
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise AppError(Kind.INVALID, "passkey-unreadable", "This is not what a browser answers to a WebAuthn request.") from error


def _too_late() -> AppError:
    detail = "This request was answered already, or took longer than five minutes. Please try again."
    return AppError(Kind.UNAUTHENTICATED, "passkey-too-late", detail)
