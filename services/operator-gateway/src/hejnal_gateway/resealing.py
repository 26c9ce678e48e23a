"""Every secret at rest under the newest key: the step of a key's rotation after which the old key can go."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hejnal_gateway.accounts.tables import account_setups
from hejnal_gateway.audit.facts import COMMAND_LINE_ACTOR, publish_by_service
from hejnal_gateway.secrets_at_rest import SecretBox
from hejnal_gateway.tables import accounts, cameras
from hejnal_gateway.webhooks.tables import webhooks
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database

ACTION = "keys.secrets-resealed"
_BATCH = 200


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """Where sealed secrets lie, and what each is bound to."""

    key: sa.Column[Any]
    value: sa.Column[Any]
    purpose: Callable[[Any], str]

    @property
    def name(self) -> str:
        """Table and column."""
        return f"{self.value.table.name}.{self.value.name}"


SEALED: tuple[SealedColumn, ...] = (
    SealedColumn(accounts.c.account_id, accounts.c.totp_secret, lambda key: f"totp:{key}"),
    SealedColumn(accounts.c.account_id, accounts.c.totp_pending, lambda key: f"totp-pending:{key}"),
    SealedColumn(account_setups.c.token_hash, account_setups.c.totp_secret, lambda key: f"set-up:{bytes(key).hex()}"),
    SealedColumn(cameras.c.camera_id, cameras.c.username, lambda key: f"camera-username:{key}"),
    SealedColumn(cameras.c.camera_id, cameras.c.password, lambda key: f"camera-password:{key}"),
    SealedColumn(webhooks.c.webhook_id, webhooks.c.secret, lambda key: f"webhook:{key}"),
    SealedColumn(webhooks.c.webhook_id, webhooks.c.previous_secret, lambda key: f"webhook:{key}"),
)
"""All of them; a test compares this with the tables."""


async def reseal(database: Database, box: SecretBox, clock: Clock) -> dict[str, int]:
    """How many secrets of each column were sealed anew. May run beside the service, be interrupted and repeated.

    What somebody changes meanwhile is under the newest key already, and is left as it is. ValueError, naming the place, for a
    secret that no key opens.
    """
    done = {column.name: await _reseal(database, box, column) for column in SEALED}
    async with database.transaction() as session:
        await publish_by_service(session, COMMAND_LINE_ACTOR, ACTION, clock.now(), object_id=f"{sum(done.values())} secrets")
    return done


async def _reseal(database: Database, box: SecretBox, column: SealedColumn) -> int:
    count, last = 0, None
    while True:
        async with database.transaction() as session:
            query = sa.select(column.key, column.value).where(column.value.is_not(None)).order_by(column.key).limit(_BATCH)
            rows = (await session.execute(query if last is None else query.where(column.key > last))).all()
            for key, sealed in rows:
                try:
                    anew = box.sealed_anew(bytes(sealed), column.purpose(key))
                except ValueError as error:
                    raise ValueError(f"{column.name} of {_shown(key)}: {error}") from error
                if anew is None:
                    continue
                change = sa.update(column.value.table).where(column.key == key, column.value == sealed)
                changed = await session.execute(change.values({column.value.name: anew}).returning(column.key))
                count += len(changed.all())
        if len(rows) < _BATCH:
            return count
        last = rows[-1][0]


def _shown(key: object) -> str:
    return key.hex() if isinstance(key, bytes) else str(key)
