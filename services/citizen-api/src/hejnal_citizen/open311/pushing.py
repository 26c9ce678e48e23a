"""Hands reports to the back office: each once, tried again with growing pauses, looked for before it is sent again."""

import random
from datetime import datetime, timedelta
from typing import Any

import structlog

from hejnal_citizen import metrics
from hejnal_citizen.open311.back_office import office
from hejnal_citizen.open311.client import AwayError, Office, RefusedError, Taken, UnspokenError
from hejnal_citizen.resources import Resources
from hejnal_citizen.sql import command, query
from hejnal_runtime.periodic import PeriodicLoop

log = structlog.get_logger()

EVERY_S = 2.0
MOST_AT_ONCE = 10
LEASE = timedelta(minutes=5)
FIRST_PAUSE_S = 10.0
LONGEST_PAUSE_S = 3600.0
TOKEN_PAUSE_S = 30.0
GIVEN_UP_AFTER = timedelta(days=7)
LONGEST_DESCRIPTION = 4000

_CLAIM = query(
    """
    update open311_pushes p set attempts = attempts + 1, next_at = :until, updated_at = :now
    from reports r
    where r.id = p.report_id and p.report_id in (
        select report_id from open311_pushes where next_at <= :now order by next_at limit :limit for update skip locked)
    returning p.report_id, p.service_code, p.state, p.token, p.attempts, p.in_doubt, p.created_at, r.reference, r.text, r.address,
        st_y(r.place) as lat, st_x(r.place) as lon, r.contact, r.answers
    """
)
_DOUBT = command("update open311_pushes set in_doubt = true, updated_at = :now where report_id = :report_id")
_OUTCOME = command(
    """
    update open311_pushes set state = :state, token = coalesce(:token, token), next_at = :next_at, in_doubt = :in_doubt,
        service_request_id = coalesce(:number, service_request_id), status = coalesce(:status, status), error = :error,
        updated_at = :now
    where report_id = :report_id
    """
)


class BackOfficePusher:
    """Runs until cancelled; while the back office fails it is left alone, and everything waits in the table."""

    def __init__(self, res: Resources) -> None:
        self._res = res
        self._client = res.open311
        self._breaker = res.open311_breaker

    async def run(self) -> None:
        """Hand over what is due."""
        await PeriodicLoop("back_office_postponed", self.once, every_s=EVERY_S).run()

    async def once(self) -> int:
        """One round; how many reports were tried."""
        if self._breaker.is_open():
            return 0
        async with self._res.database.read() as session:
            found = await office(session, self._res)
        if found is None or not found.enabled:
            return 0
        now = self._res.clock.now()
        async with self._res.database.transaction() as session:
            claim = {"now": now, "until": now + LEASE, "limit": MOST_AT_ONCE}
            rows = list(await session.execute(_CLAIM, claim))
        for row in rows:
            await self._try(found, row)
        return len(rows)

    async def _try(self, found: Office, row: Any) -> None:
        try:
            self._let_alone(row)
            taken = await self._hand_over(found, row)
        except RefusedError as error:
            self._breaker.worked()
            metrics.BACK_OFFICE.labels("refused").inc()
            await self._note(row, "failed", error=str(error), next_at=None)
        except (AwayError, UnspokenError) as error:
            self._breaker.failed()
            metrics.BACK_OFFICE.labels("postponed").inc()
            await self._postpone(row, str(error), in_doubt=row.in_doubt or getattr(error, "in_doubt", False))
        else:
            self._breaker.worked()
            if taken.service_request_id is not None:
                metrics.BACK_OFFICE.labels("sent").inc()
                await self._note(row, "sent", number=taken.service_request_id, token=taken.token, status="open", next_at=None)
            else:
                later = self._res.clock.now() + timedelta(seconds=TOKEN_PAUSE_S * min(row.attempts, 20))
                await self._note(row, "token", token=taken.token, next_at=later)

    def _let_alone(self, row: Any) -> None:
        if self._breaker.is_open():
            raise AwayError("it failed several times and is left alone for a while", in_doubt=row.in_doubt)

    async def _hand_over(self, found: Office, row: Any) -> Taken:
        if row.state == "token":
            return Taken(await self._client.number_of(found, row.token), row.token)
        if row.in_doubt:
            since = row.created_at - timedelta(minutes=5)
            number = await self._client.find(found, row.service_code, since, own_mark(row.reference))
            if number is not None:
                return Taken(number, None)
        else:  # written down before the call: a process that dies in it leaves the doubt behind
            async with self._res.database.transaction() as session:
                await session.execute(_DOUBT, {"report_id": row.report_id, "now": self._res.clock.now()})
        return await self._client.post(found, fields(row, found), idempotency_key=row.report_id)

    async def _postpone(self, row: Any, error: str, *, in_doubt: bool) -> None:
        now = self._res.clock.now()
        if now - row.created_at > GIVEN_UP_AFTER:
            await self._note(row, "failed", error=error, next_at=None, in_doubt=in_doubt)
            return
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(row.attempts - 1, 16)) * random.uniform(0.75, 1)
        await self._note(row, row.state, error=error, next_at=now + timedelta(seconds=pause_s), in_doubt=in_doubt)

    async def _note(
        self,
        row: Any,
        state: str,
        *,
        next_at: datetime | None,
        error: str = "",
        number: str | None = None,
        token: str | None = None,
        status: str | None = None,
        in_doubt: bool = False,
    ) -> None:
        values = {"report_id": row.report_id, "state": state, "error": error[:500], "number": number, "token": token}
        values |= {"next_at": next_at, "in_doubt": in_doubt, "status": status, "now": self._res.clock.now()}
        async with self._res.database.transaction() as session:
            await session.execute(_OUTCOME, values)
        if error:
            log.warning("back_office_push", report_id=row.report_id, state=state, error=error)


def own_mark(reference: str) -> str:
    """How our number stands in the description: by it a request is found again whose answer was lost."""
    return f"[{reference}]"


def fields(row: Any, found: Office) -> list[tuple[str, str]]:
    """A report as the fields of POST Service Request."""
    mark = own_mark(row.reference)
    given = [
        ("service_code", row.service_code),
        ("lat", f"{row.lat:.6f}"),
        ("long", f"{row.lon:.6f}"),
        ("address_string", row.address),
        ("description", f"{row.text[: LONGEST_DESCRIPTION - len(mark) - 2]}\n\n{mark}"),
    ]
    for code, value in row.answers.items():
        several = isinstance(value, list)
        name = f"attribute[{code}]" + ("[]" if several else "")
        given += [(name, str(one)) for one in (value if several else [value])]
    if found.with_contact and row.contact:
        given.append(("email" if "@" in row.contact else "phone", row.contact))
    return given
