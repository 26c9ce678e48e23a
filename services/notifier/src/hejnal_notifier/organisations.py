"""Organisations that get announcements by webhook: a hospital, the county's crisis centre, a school's display.

They stand in a file that the town keeps (`organisations_file`, readable by the notifier alone), with address, secrets and wishes:

    [{"id": "szpital", "name": "Szpital Powiatowy", "url": "https://it.szpital.example/hejnal", "secrets": ["whsec_…"],
      "categories": ["*"], "min_severity": "notice"}]

In the read model each is a recipient of its own with one contact. The file is read again when it changes.
"""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError, field_validator
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Channel, Severity
from hejnal_notifier.severity import RANK
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.endpoints import EndpointPolicy, EndpointRefusedError
from hejnal_runtime.errors import is_transient
from hejnal_runtime.webhook_signature import signed_headers

log = structlog.get_logger()

PREFIX = "organisation:"
"""What their ids begin with in the read model; residents' ids do not."""
EVERY_CATEGORY = "*"
LOOK_EVERY_S = 15.0

_GONE = text("delete from recipients where resident_id like :prefix || '%' and not resident_id = any(:kept)")
_RECIPIENT = text(
    "insert into recipients (resident_id, version, language, changed_at) values (:resident_id, 1, 'pl', :now) "
    "on conflict (resident_id) do update set changed_at = excluded.changed_at"
)
_CONTACT = text(
    "insert into contacts (resident_id, contact_id, channel, address, consent_id, verified_at) "
    "values (:resident_id, 'webhook', :channel, :url, 'organisation', :now) on conflict (resident_id, contact_id) "
    "do update set address = excluded.address, verified_at = excluded.verified_at, failed_at = null, failed_reason = null"
)
_DROP_FILTERS = text("delete from filters where resident_id = :resident_id")
_FILTER = text(
    "insert into filters (resident_id, place, categories, min_severity, channels, reach) "
    "values (:resident_id, 0, :categories, :min_severity, :channels, 'everywhere')"
)


class Organisation(BaseModel):
    """One of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9-]{1,40}$", description="Stable; in logs and in the record of deliveries")
    name: str = Field(min_length=1, max_length=120)
    url: str = Field(pattern=r"^https?://\S+$", max_length=2048)
    secrets: tuple[SecretStr, ...] = Field(min_length=1, max_length=3, description="whsec_…, newest first; two while it changes")
    categories: tuple[str, ...] = Field(default=(EVERY_CATEGORY,), min_length=1, description='Codes; "*": every category')
    min_severity: Severity = Severity.INFO

    @property
    def resident_id(self) -> str:
        """What it is called in the read model."""
        return PREFIX + self.id

    def wants(self, category: str, severity: Severity) -> bool:
        """Whether it is told of an announcement; the same rule as a resident's filter, for the whole town."""
        return bool({category, EVERY_CATEGORY} & set(self.categories)) and RANK[severity] >= RANK[self.min_severity]

    @field_validator("secrets")
    @classmethod
    def _can_sign(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        signed_headers("", b"", [secret.get_secret_value() for secret in secrets], datetime.fromtimestamp(0, UTC))
        return secrets


_LIST = TypeAdapter(list[Organisation])


def read_organisations(path: Path, policy: EndpointPolicy) -> list[Organisation]:
    """Those of a JSON file. ValueError that says what is wrong with it, without its secrets."""
    try:
        found = _LIST.validate_python(json.loads(path.read_text(encoding="utf-8")))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is no JSON: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ValueError(f"{path} does not describe organisations: {wrong}") from error
    if len({one.id for one in found}) != len(found):
        raise ValueError(f"{path}: two organisations have the same id")
    for one in found:
        try:
            policy.check(one.url)
        except EndpointRefusedError as error:
            hint = "https and a public name on port 443; origins inside the town's network are named in webhook_trusted_origins"
            raise ValueError(f"{path}: nothing is sent to {one.id}'s address ({error}); it needs {hint}") from error
    return found


class Organisations:
    """Keeps the read model as the file is; gives the secrets to sign with."""

    def __init__(self, path: Path, policy: EndpointPolicy, database: Database, clock: Clock) -> None:
        self._path = path
        self.policy = policy
        self._database = database
        self._clock = clock
        self._found: dict[str, Organisation] = {}
        self._read_at: int | None = None
        self._stored = False

    def read(self) -> None:
        """Read the file. ValueError or OSError when it cannot be used; then what was read before goes on to count."""
        changed_at = self._path.stat().st_mtime_ns
        if changed_at == self._read_at:
            return
        self._read_at = changed_at
        self._found = {one.resident_id: one for one in read_organisations(self._path, self.policy)}
        self._stored = False

    def secrets_of(self, resident_id: str) -> Sequence[str]:
        """Secrets of an organisation, newest first; none when there is no such organisation."""
        found = self._found.get(resident_id)
        return [secret.get_secret_value() for secret in found.secrets] if found is not None else []

    def told_of(self, category: str, severity: Severity) -> list[str]:
        """Names of those that an announcement would be sent to, in the order of the file."""
        return [one.name for one in self._found.values() if one.wants(category, severity)]

    async def run(self) -> None:
        """Store what the file says, now and whenever it changes."""
        while True:
            try:
                await asyncio.to_thread(self.read)
            except (OSError, ValueError) as error:
                log.error("organisations_not_read", error=str(error))  # noqa: TRY400 the words say it all
            try:
                if not self._stored:
                    await self.store()
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("organisations_not_stored_yet", error=repr(error))
            await asyncio.sleep(LOOK_EVERY_S)

    async def store(self) -> None:
        """Make the read model say what the file says."""
        found = dict(self._found)
        async with self._database.transaction() as session:
            await session.execute(_GONE, {"prefix": PREFIX, "kept": sorted(found)})
            for one in found.values():
                await self._store_one(session, one)
        self._stored = True
        log.info("organisations_stored", organisations=sorted(one.id for one in found.values()))

    async def _store_one(self, session: AsyncSession, one: Organisation) -> None:
        own = {"resident_id": one.resident_id}
        now = self._clock.now()
        await session.execute(_RECIPIENT, {**own, "now": now})
        await session.execute(_CONTACT, {**own, "channel": Channel.WEBHOOK.value, "url": one.url, "now": now})
        await session.execute(_DROP_FILTERS, own)
        wish = {"categories": list(one.categories), "min_severity": RANK[one.min_severity], "channels": [Channel.WEBHOOK.value]}
        await session.execute(_FILTER, {**own, **wish})
