"""What people change about their own account: password, authenticator app, recovery codes. Each asks for the password again."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_gateway.accounts import recovery_codes
from hejnal_gateway.accounts.accounts import Accounts
from hejnal_gateway.accounts.password_rules import demand_good
from hejnal_gateway.accounts.passwords import PasswordChecker, matching_step, random_totp_secret
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.secrets_at_rest import SecretBox
from hejnal_gateway.tables import accounts
from hejnal_runtime.clock import Clock
from hejnal_runtime.errors import AppError, Kind


class OwnAccount:
    """Changes inside the caller's transaction; the password was asked for before it."""

    def __init__(self, accounts_: Accounts, clock: Clock, box: SecretBox, passwords: PasswordChecker) -> None:
        self._accounts = accounts_
        self._clock = clock
        self._box = box
        self._passwords = passwords

    async def confirm(self, staff: StaffSession, password: str) -> None:
        """AppError(FORBIDDEN) unless this is the person's password; RATE_LIMITED after too many wrong ones."""
        await self._accounts.prove_password(staff.account_id, password)

    async def hash_of(self, staff: StaffSession, old: str, new: str) -> str:
        """The hash of a new password. AppError: FORBIDDEN the old one is wrong; INVALID the new one is weak, or the old one."""
        await self.confirm(staff, old)
        if new == old:
            raise AppError(Kind.INVALID, "password-same", "This is the present password. Choose another one.")
        await demand_good(new, (staff.login, staff.name))
        return await self._passwords.hash(new)

    async def set_password(self, session: AsyncSession, staff: StaffSession, password_hash: str) -> None:
        """The new password counts from now on."""
        values = {"password_hash": password_hash, "must_change_password": False}
        await session.execute(update(accounts).where(accounts.c.account_id == staff.account_id).values(values))

    async def begin_totp(self, session: AsyncSession, staff: StaffSession) -> str:
        """A secret for another authenticator app. The present one counts until a code of the new one is confirmed."""
        secret = random_totp_secret()
        sealed = self._box.seal(secret, f"totp-pending:{staff.account_id}")
        await session.execute(update(accounts).where(accounts.c.account_id == staff.account_id).values(totp_pending=sealed))
        return secret

    async def confirm_totp(self, session: AsyncSession, staff: StaffSession, code: str) -> None:
        """The new authenticator app counts from now on. AppError: CONFLICT none was begun; INVALID wrong code."""
        row = accounts.c.account_id == staff.account_id
        pending = (await session.execute(select(accounts.c.totp_pending).where(row).with_for_update())).scalar()
        if pending is None:
            raise AppError(Kind.CONFLICT, "totp-not-begun", "No new authenticator app is being set up. Begin again.")
        secret = self._box.open(pending, f"totp-pending:{staff.account_id}")
        step = matching_step(secret, code.replace(" ", ""), self._clock.now())
        if step is None:
            detail = "This is not the code the authenticator app shows now. Check that the clock of the phone is right."
            raise AppError(Kind.INVALID, "code-wrong", detail)
        sealed = self._box.seal(secret, f"totp:{staff.account_id}")
        await session.execute(update(accounts).where(row).values(totp_secret=sealed, totp_last_step=step, totp_pending=None))

    async def new_recovery_codes(self, session: AsyncSession, staff: StaffSession) -> list[str]:
        """Ten fresh ones; the old ones are worth nothing."""
        return await recovery_codes.renew(session, staff.account_id)
