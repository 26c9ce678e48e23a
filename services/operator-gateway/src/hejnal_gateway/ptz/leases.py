"""The joystick of a camera: one person has it, for as long as they go on saying so."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel
from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.ptz.tables import ptz_leases
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

_RANKS = {Role.OPERATOR.value: 0, Role.DISPATCHER.value: 1, Role.ADMIN.value: 2}


class LeaseHolder(BaseModel):
    """Who has the joystick."""

    account_id: str
    name: str
    role: Role


class PtzLease(BaseModel):
    """The joystick of one camera."""

    lease_id: str
    holder: LeaseHolder
    taken_at: datetime
    expires_at: datetime
    mine: bool


Taken = Literal["taken", "renewed", "taken-over"]


def may_take_over(role: Role, holder: str) -> bool:
    """A dispatcher from an operator, an administrator from both."""
    return _RANKS.get(role.value, -1) > _RANKS.get(holder, -1)


class PtzLeases:
    """Takes, renews and gives back, inside the caller's transaction."""

    def __init__(self, *, lease_s: float) -> None:
        self._lease = timedelta(seconds=lease_s)

    async def take(
        self, session: AsyncSession, camera_id: str, staff: StaffSession, now: datetime, *, take_over: bool
    ) -> tuple[PtzLease, Taken]:
        """The joystick for this session. AppError(CONFLICT, ptz-held) when another person has it."""
        await session.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"ptz:{camera_id}"})
        held = (await session.execute(select(ptz_leases).where(ptz_leases.c.camera_id == camera_id))).first()
        valid = held is not None and held.expires_at > now
        how: Taken = "taken"
        if held is not None and valid:
            if held.session_id == staff.session_id:
                how = "renewed"
            elif held.account_id != staff.account_id:
                if not (take_over and may_take_over(staff.role, held.role)):
                    raise _held(held.account_id, held.name, held.role, staff)
                how = "taken-over"
        again = held is not None and how == "renewed"
        values = {
            "lease_id": held.lease_id if held is not None and again else new_id(),
            "account_id": staff.account_id,
            "session_id": staff.session_id,
            "name": staff.name,
            "role": staff.role.value,
            "taken_at": held.taken_at if held is not None and again else now,
            "expires_at": now + self._lease,
        }
        statement = insert(ptz_leases).values(camera_id=camera_id, **values)
        await session.execute(statement.on_conflict_do_update(index_elements=["camera_id"], set_=values))
        return _lease(values, staff), how

    async def use(self, session: AsyncSession, camera_id: str, staff: StaffSession, now: datetime) -> None:
        """Renews what this session has. AppError(CONFLICT): ptz-held names who has it, ptz-not-held says that nobody has."""
        mine = (
            update(ptz_leases)
            .where(
                ptz_leases.c.camera_id == camera_id,
                ptz_leases.c.session_id == staff.session_id,
                ptz_leases.c.expires_at > now,
            )
            .values(expires_at=now + self._lease)
            .returning(ptz_leases.c.lease_id)
        )
        if (await session.execute(mine)).first() is not None:
            return
        held = await self.find(session, camera_id, staff, now)
        if held is not None:
            raise _held(held.holder.account_id, held.holder.name, held.holder.role.value, staff)
        raise AppError(Kind.CONFLICT, "ptz-not-held", "Take the joystick first: it was not used for a while and is free.")

    async def give_back(self, session: AsyncSession, camera_id: str, staff: StaffSession) -> bool:
        """True when this session had it."""
        mine = delete(ptz_leases).where(ptz_leases.c.camera_id == camera_id, ptz_leases.c.session_id == staff.session_id)
        return (await session.execute(mine.returning(ptz_leases.c.lease_id))).first() is not None

    async def find(self, session: AsyncSession, camera_id: str, staff: StaffSession, now: datetime) -> PtzLease | None:
        """Who has it now, if anybody has."""
        query = select(ptz_leases).where(ptz_leases.c.camera_id == camera_id, ptz_leases.c.expires_at > now)
        row = (await session.execute(query)).mappings().first()
        return None if row is None else _lease(dict(row), staff)


def _lease(values: dict[str, object], staff: StaffSession) -> PtzLease:
    return PtzLease.model_validate(
        values
        | {
            "holder": {name: values[name] for name in ("account_id", "name", "role")},
            "mine": values["session_id"] == staff.session_id,
        }
    )


def _held(account_id: str, name: str, role: str, staff: StaffSession) -> AppError:
    over = may_take_over(staff.role, role)
    advice = " You may take it over." if over else ""
    holder = {"account_id": account_id, "name": name, "role": role}
    told = {"pointer": "", "detail": name, "code": "ptz-held", "holder": holder, "may_take_over": over}
    return AppError(Kind.CONFLICT, "ptz-held", f"{name} ({role}) is moving this camera.{advice}", errors=[told])
