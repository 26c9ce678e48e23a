"""Marked footage: a row here at once, then a bookmark (and a hold) at the recorder, asked for until it answers."""

import asyncio
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from hejnal_gateway.incidents.incidents import Row, reference_of
from hejnal_gateway.incidents.tables import incident_marks, incidents
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.tokens import TokenIssuer

log = structlog.get_logger()

_TIMEOUT = aiohttp.ClientTimeout(total=8, sock_connect=2)
_CLAIM = timedelta(seconds=60)
_GIVE_UP = timedelta(days=1)
_NAP_S = 3.0
_BATCH = 10
_AGAIN = (401, 408, 425, 429)


class _RefusedError(Exception):
    """The recorder will never take it; the text says why."""


class _AwayError(Exception):
    """The recorder cannot answer now."""


class MarkKeeper:
    """Brings marks to the recorder in the name of who made them. Marks that wait are rows: a restart forgets none.

    A mark whose answer was lost is looked for before it is made again, so that it is there once.
    """

    def __init__(
        self, database: Database, http: aiohttp.ClientSession, issuer: TokenIssuer, clock: Clock, recorder_url: str
    ) -> None:
        self._database = database
        self._http = http
        self._issuer = issuer
        self._clock = clock
        self._base = recorder_url.rstrip("/") + "/internal/v1"

    async def run(self) -> None:
        """Ask again for ever."""
        while True:
            try:
                while await self.step() == _BATCH:
                    pass
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("marks_wait", error=repr(error))
            await asyncio.sleep(_NAP_S * random.uniform(0.8, 1.2))

    async def step(self) -> int:
        """Keep what is due; how many there were."""
        now = self._clock.now()
        query = (
            select(incident_marks.c.mark_id)
            .where(incident_marks.c.next_at <= now)
            .order_by(incident_marks.c.next_at)
            .limit(_BATCH)
            .with_for_update(skip_locked=True)
        )
        async with self._database.transaction() as session:
            mark_ids = list((await session.execute(query)).scalars())
            if mark_ids:
                claim = update(incident_marks).where(incident_marks.c.mark_id.in_(mark_ids)).values(next_at=now + _CLAIM)
                await session.execute(claim)
        for mark_id in mark_ids:
            await self._keep(mark_id)
        return len(mark_ids)

    async def keep_now(self, mark_id: str) -> None:
        """One mark that was just made; what fails is asked for again later."""
        now = self._clock.now()
        fresh = incident_marks.c.mark_id == mark_id, incident_marks.c.next_at <= now
        async with self._database.transaction() as session:
            claim = update(incident_marks).where(*fresh).values(next_at=now + _CLAIM).returning(incident_marks.c.mark_id)
            claimed = (await session.execute(claim)).first() is not None
        if claimed:
            await self._keep(mark_id)

    async def _keep(self, mark_id: str) -> None:
        query = (
            select(incident_marks, incidents.c.title, incidents.c.number, incidents.c.opened_at)
            .join(incidents, incidents.c.incident_id == incident_marks.c.incident_id)
            .where(incident_marks.c.mark_id == mark_id)
        )
        async with self._database.read() as session:
            mark = (await session.execute(query)).mappings().one()
        values: dict[str, Any]
        try:
            bookmark_id = mark["bookmark_id"] or await self._bookmark(mark)
            values = {"bookmark_id": bookmark_id}
            hold_id = await self._hold(mark) if mark["hold"] is not None else None
            values |= {"hold_id": hold_id, "state": "kept", "trouble": "", "next_at": None}
        except _RefusedError as error:
            values = {"state": "refused", "trouble": str(error)[:300], "next_at": None}
        except _AwayError as error:
            values = {"trouble": str(error)[:300], "tries": mark["tries"] + 1, "next_at": self._later(mark)}
            if values["next_at"] is None:
                values["state"] = "refused"
        async with self._database.transaction() as session:
            await session.execute(update(incident_marks).where(incident_marks.c.mark_id == mark_id).values(**values))

    def _later(self, mark: Row) -> datetime | None:
        now = self._clock.now()
        if now - mark["made_at"] > _GIVE_UP:
            return None
        wait_s: float = min(600.0, 5.0 * 2.0 ** min(mark["tries"], 10)) * random.uniform(0.7, 1)
        return now + timedelta(seconds=wait_s)

    async def _bookmark(self, mark: Row) -> str:
        title = f"{reference_of(mark)} {mark['title']}"[:120]
        interval = {"from": mark["starts_at"].isoformat(), "to": mark["ends_at"].isoformat()}
        path = f"/cameras/{mark['camera_id']}/bookmarks"
        if mark["tries"]:
            known = await self._ask(mark, "GET", f"{path}?{urlencode(interval)}")
            for one in known.get("bookmarks", ()):
                if one["title"] == title and one["owner"] == mark["by"] and _same_time(one, mark):
                    return str(one["bookmark_id"])
        made = await self._ask(mark, "POST", path, {**interval, "title": title, "note": mark["note"]})
        return str(made["bookmark_id"])

    async def _hold(self, mark: Row) -> str:
        wanted = mark["hold"]
        case_number = wanted["case_number"] or reference_of(mark)
        if mark["tries"]:
            for one in (await self._ask(mark, "GET", "/holds?state=active")).get("holds", ()):
                if one["case_number"] == case_number and one["cameras"] == [mark["camera_id"]] and _same_time(one, mark):
                    return str(one["hold_id"])
        body = {
            "cameras": [mark["camera_id"]],
            "from": mark["starts_at"].isoformat(),
            "to": mark["ends_at"].isoformat(),
            "legal_basis": wanted["legal_basis"],
            "basis_text": wanted["basis_text"],
            "case_number": case_number,
            "expires_at": wanted["expires_at"],
        }
        return str((await self._ask(mark, "POST", "/holds", body))["hold_id"])

    async def _ask(self, mark: Row, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        headers = self._issuer.headers("recorder", subject=mark["by"], role=mark["role"])
        try:
            async with self._http.request(
                method, self._base + path, json=body, headers=headers, timeout=_TIMEOUT, allow_redirects=False
            ) as answer:
                content: dict[str, Any] = await answer.json(content_type=None)
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise _AwayError("The recorder does not answer right now.") from error
        if status < 300:
            return content
        detail = str(content.get("detail", "")) or f"The recorder answered {status}."
        if 400 <= status < 500 and status not in _AGAIN:
            raise _RefusedError(detail)
        raise _AwayError(detail)


def _same_time(one: Mapping[str, Any], mark: Row) -> bool:
    found: tuple[datetime, datetime] = (datetime.fromisoformat(one["from"]), datetime.fromisoformat(one["to"]))
    wanted: tuple[datetime, datetime] = (mark["starts_at"], mark["ends_at"])
    return found == wanted
