"""SMS through SerwerSMS (HTTP API v2): submit under our own id; what is in doubt, and what became of a message, is asked."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from hejnal_contracts.base import Channel
from hejnal_notifier.channels.sms.http_account import HttpAccount, amount_of
from hejnal_notifier.channels.sms.news import PAGE, NewsDesk, OpenPart, Receipt, TextMessage
from hejnal_notifier.channels.sms.wording import SmsWording
from hejnal_notifier.delivery import Meaning
from hejnal_notifier.sending.job import Job
from hejnal_notifier.sending.outcome import Accepted, Outcome, Postponed, Refused
from hejnal_runtime.clock import Clock
from hejnal_runtime.quiet_hours import TOWN_TIME
from hejnal_runtime.sms_text import Encoding, split_text

log = structlog.get_logger()

ASK_EVERY_S = 20.0
PAGES_A_ROUND = 5
"""So many times a hundred open messages are asked about in one round; the others get their turn in the next ones."""
HEARD_BACK = timedelta(days=3)
"""After a start, residents' messages of so long ago are asked for; each is kept once."""
HEARD_AGAIN = timedelta(minutes=15)
"""The provider's clock may be behind ours, and what it lists may come late."""
RECEIVED_PAGE = 100
MOST_RECEIVED_PAGES = 50

_BAD_NUMBER = {"wrong_number", "unsupported_number", "sending_to_foreign_networks_is_locked"}
_OPTED_OUT = {"number_is_blacklisted"}
_OURS_TO_MEND = {"limit_exhausted", "lock_send", "wrong_sender_name", "no_permission_to_send_messages"}
_BAD_MESSAGE = {"wrong_message", "message_rejected"}
_MEANINGS = {
    "delivered": Meaning.DELIVERED,
    "undelivered": Meaning.FAILED,
    "unsent": Meaning.FAILED,
}


class SerwerSms:
    """One account. Messages carry our delivery's id as `unique_id`, under which the provider can be asked about them."""

    channel = Channel.SMS
    repeat_is_harmless = True
    credit_unit = "messages"

    def __init__(
        self,
        url: str,
        clock: Clock,
        wording: SmsWording,
        desk: NewsDesk,
        *,
        name: str,
        token: str,
        sender: str,
        concurrency: int,
        timeout_s: float,
        low_credit: float = 300.0,
    ) -> None:
        self.name = name
        self.low_credit = low_credit
        self.timeout_s = 2 * timeout_s  # a message in doubt is asked about first
        self._url = url.rstrip("/")
        self._clock = clock
        self._wording = wording
        self._desk = desk
        self._account = HttpAccount(token=token, concurrency=concurrency, timeout_s=timeout_s)
        self._sender = sender
        self._asked: OpenPart | None = None
        self._heard_until: datetime | None = None

    async def send(self, job: Job) -> Outcome:
        """Submit one message; one that is in doubt only if the provider does not know it."""
        text = self._wording.of(job)
        split = split_text(text)
        unique_id = job.delivery_id.hex
        if job.in_doubt:
            known = await self._known(unique_id)
            if isinstance(known, Postponed):
                return known
            if known is not None:
                taken = judge_item(known, parts=len(split.parts))
                return replace(taken, note="taken by an earlier try") if isinstance(taken, Accepted) else taken
        answer = await self._call(
            "messages/send_sms",
            {
                "phone": job.address,
                "text": text,
                "sender": self._sender,
                "utf": split.encoding is Encoding.UCS2,
                "unique_id": unique_id,
                "details": True,
            },
        )
        if isinstance(answer, Postponed):
            return answer
        return judge_answer(answer, parts=len(split.parts))

    async def _known(self, unique_id: str) -> dict[str, Any] | Postponed | None:
        """A message that the provider has taken; None: it has not."""
        answer = await self._call("messages/reports", {"unique_id": unique_id})
        if isinstance(answer, Postponed):
            return Postponed(answer.cause, answer.detail, in_doubt=True, refuses_us=answer.refuses_us)
        return next(iter(_items(answer)), None)

    async def run(self) -> None:
        """Ask for reports of what was sent, and for messages of residents."""
        while True:
            await asyncio.sleep(ASK_EVERY_S * random.uniform(0.8, 1.2))
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 asked again in a moment, whatever it was
                log.warning("serwersms_not_asked", provider=self.name, error=repr(error))

    async def look(self) -> None:
        """One round of asking."""
        for _ in range(PAGES_A_ROUND):
            page = await self._desk.open_parts(self.name, self._asked)
            if page and not await self._ask_about(page):
                break
            self._asked = page[-1] if len(page) >= PAGE else None
            if self._asked is None:
                break
        await self._listen()

    async def _ask_about(self, page: Sequence[OpenPart]) -> bool:
        answer = await self._call("messages/reports", {"id": ",".join(part.provider_id for part in page)})
        if isinstance(answer, Postponed):
            return False
        for item in _items(answer):
            await self._report(item)
        return True

    async def _listen(self) -> None:
        """Residents' messages since the last round, page by page."""
        now = self._clock.now()
        since = self._heard_until or now - HEARD_BACK
        wanted = {"type": "nd", "date_from": f"{since.astimezone(TOWN_TIME):%Y-%m-%d %H:%M:%S}", "limit": RECEIVED_PAGE}
        for number in range(1, MOST_RECEIVED_PAGES + 1):
            answer = await self._call("messages/recived", {**wanted, "page": number})
            if isinstance(answer, Postponed):
                return
            items = _items(answer)
            for item in items:
                name, words = str(item.get("id", "")), str(item.get("text", ""))
                await self._desk(TextMessage(self.name, str(item.get("phone", "")), words, provider_id=name))
            if len(items) < RECEIVED_PAGE:
                break
        else:
            log.warning("serwersms_more_received_than_asked", provider=self.name, pages=MOST_RECEIVED_PAGES)
        self._heard_until = now - HEARD_AGAIN

    async def _report(self, item: dict[str, Any]) -> None:
        name, status = str(item.get("id", "")), str(item.get("status", ""))
        meaning = _MEANINGS.get(status, Meaning.ON_THE_WAY)
        if meaning is Meaning.ON_THE_WAY:
            return
        number = "+" + str(item.get("phone", "")).lstrip("+")
        raw = {key: str(item[key])[:200] for key in ("id", "status", "reason", "delivered") if item.get(key) is not None}
        cause = None if meaning is Meaning.DELIVERED else str(item.get("reason") or "undelivered")
        await self._desk(Receipt(self.name, name, meaning, cause, number, raw))

    async def credit(self) -> float | None:
        """Messages with a sender name that are left (`account/limits`, type `full`)."""
        answer = await self._call("account/limits", {})
        if isinstance(answer, Postponed):
            return None
        return next((amount_of(item.get("value")) for item in _items(answer) if item.get("type") == "full"), None)

    async def _call(self, action: str, parameters: dict[str, Any]) -> dict[str, Any] | Postponed:
        """The provider's JSON answer, or why there is none."""
        return await self._account.post(f"{self._url}/{action}.json", body=parameters)

    async def close(self) -> None:
        """Close connections."""
        await self._account.close()


def _items(answer: dict[str, Any]) -> list[dict[str, Any]]:
    items = answer.get("items")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def judge_answer(answer: dict[str, Any], *, parts: int) -> Outcome:
    """What the provider's answer to a submission means."""
    error = answer.get("error")
    if isinstance(error, dict):
        return _judge_reason(str(error.get("type", "")), f"{error.get('code', '')} {error.get('message', '')}".strip()[:200])
    items = _items(answer)
    if not items:
        return Postponed("unreadable_answer", in_doubt=True)
    return judge_item(items[0], parts=parts)


def judge_item(item: dict[str, Any], *, parts: int) -> Outcome:
    """What the provider says of one message that it knows."""
    if item.get("status") == "unsent":
        reason = str(item.get("error_message") or item.get("reason") or "")
        return _judge_reason(reason, f"{item.get('error_code', '')} {reason}".strip()[:200])
    name = str(item.get("id", "")) or None
    billed = item.get("parts")
    return Accepted(name, parts=billed if isinstance(billed, int) else parts, part_ids=(name,) if name else ())


def _judge_reason(reason: str, detail: str) -> Outcome:
    key = reason.lower().replace(" ", "_")
    if key in _BAD_NUMBER:
        return Refused("bad_number", detail, "hard_bounce")
    if key in _OPTED_OUT:
        return Refused("blocked", detail, "opted_out")
    if key in _BAD_MESSAGE:
        return Refused("rejected", detail)
    if key in _OURS_TO_MEND:
        log.error("serwersms_refuses_us", reason=key)
        return Postponed("refuses_us", detail, retry_after_s=60.0, refuses_us=True)
    return Postponed("provider_error", detail)
