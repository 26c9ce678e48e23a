"""The story of an account: every change is a version, with who made it. Secrets are in none of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_gateway.accounts.tables import account_versions

AccountChange = Literal["created", "changed", "reset", "set-up", "changed-by-provider"]


_TOLD = ("login", "name", "role", "camera_groups", "enabled")


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> str:
    """What an act changed, for its entry in the audit log: `role: operator → admin; enabled: yes → no`. No secrets."""
    parts = []
    for name in _TOLD:
        was, is_now = (before[name] if before is not None else None), after[name]
        if before is None or was != is_now:
            parts.append(f"{name}: {_shown(was)} → {_shown(is_now)}" if before is not None else f"{name}: {_shown(is_now)}")
    return "; ".join(parts)[:300]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "all"  # camera groups: every camera
    return ", ".join(sorted(value)) or "none" if isinstance(value, list | tuple | set | frozenset) else str(value)


async def note(session: AsyncSession, row: Mapping[str, Any], change: AccountChange, *, by: str, at: datetime) -> None:
    """Write down what the account is from this version on."""
    state = {name: row[name] for name in _TOLD}
    await session.execute(
        insert(account_versions).values(
            account_id=row["account_id"], version=row["version"], change=change, state=state, changed_by=by, changed_at=at
        )
    )


async def versions(session: AsyncSession, account_id: str) -> Sequence[Any]:
    """Newest first; none of accounts made before versions were kept."""
    query = select(account_versions).where(account_versions.c.account_id == account_id)
    return (await session.execute(query.order_by(account_versions.c.version.desc()))).mappings().all()
