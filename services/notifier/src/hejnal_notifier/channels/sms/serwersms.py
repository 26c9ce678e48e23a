"""SMS through SerwerSMS (HTTP API v2): submit under our own id; what is in doubt, and what became of a message, is asked."""

import asyncio
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from hejnal_contracts.base import Channel
from hejnal_notifier import metrics
from hejnal_notifier.channels.sms.http_account import HttpAccount
from hejnal_notifier.channels.sms.news import News, Receipt, TextMessage
from hejnal_notifier.channels.sms.wording import SmsWording
from hejnal_notifier.delivery import Meaning
from hejnal_notifier.sending.job import Job
from hejnal_notifier.sending.outcome import Accepted, Outcome, Postponed, Refused
from hejnal_runtime.clock import Clock
from hejnal_runtime.sms_text import Encoding, split_text

log = structlog.get_logger()

ASK_EVERY_S = 20.0
MOST_WATCHED = 20_000
ASKED_AT_ONCE = 100

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

    def __init__(
        self,
        url: str,
        clock: Clock,
        wording: SmsWording,
        news: Callable[[News], Awaitable[None]],
        *,
        name: str,
        token: str,
        sender: str,
        concurrency: int,
        timeout_s: float,
    ) -> None:
        self.name = name
        self.timeout_s = 2 * timeout_s  # a message in doubt is asked about first
        self._url = url.rstrip("/")
        self._clock = clock
        self._wording = wording
        self._news = news
        self._account = HttpAccount(token=token, concurrency=concurrency, timeout_s=timeout_s)
        self._sender = sender
        self._watched: OrderedDict[str, str] = OrderedDict()  # provider's id → number

    async def send(self, job: Job) -> Outcome:
        """Submit one message; one that is in doubt only if the provider does not know it."""
        text = self._wording.of(job)
        unique_id = job.delivery_id.hex
        if job.in_doubt:
            known = await self._known(unique_id)
            if isinstance(known, Postponed):
                return known
            if known is not None:
                self._watch(known, job.address)
                return Accepted(known, note="taken by an earlier try", part_ids=(known,))
        split = split_text(text)
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
        outcome = judge_answer(answer, parts=len(split.parts))
        if isinstance(outcome, Accepted):
            metrics.SMS_PARTS.labels(self.name).inc(outcome.parts)
            if outcome.provider_id:
                self._watch(outcome.provider_id, job.address)
        return outcome

    async def _known(self, unique_id: str) -> str | Postponed | None:
        """The provider's id of a message it has taken; None: it has not."""
        answer = await self._call("messages/reports", {"unique_id": unique_id})
        if isinstance(answer, Postponed):
            return Postponed(answer.cause, answer.detail, in_doubt=True, refuses_us=answer.refuses_us)
        for item in _items(answer):
            return str(item.get("id", ""))
        return None

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
        batch = list(self._watched)[:ASKED_AT_ONCE]
        if batch:
            answer = await self._call("messages/reports", {"id": ",".join(batch)})
            if not isinstance(answer, Postponed):
                for item in _items(answer):
                    await self._report(item)
            for name in batch:  # the others get their turn
                if name in self._watched:
                    self._watched.move_to_end(name)
        answer = await self._call("messages/recived", {"type": "nd"})
        if not isinstance(answer, Postponed):
            for item in _items(answer):
                sender = "+" + str(item.get("phone", "")).lstrip("+")
                name = str(item.get("id", ""))
                await self._news(TextMessage(self.name, sender, str(item.get("text", "")), provider_id=name))

    async def _report(self, item: dict[str, Any]) -> None:
        name, status = str(item.get("id", "")), str(item.get("status", ""))
        meaning = _MEANINGS.get(status, Meaning.ON_THE_WAY)
        if meaning is Meaning.ON_THE_WAY:
            return
        number = "+" + str(item.get("phone", self._watched.get(name, ""))).lstrip("+")
        raw = {key: str(item[key])[:200] for key in ("id", "status", "reason", "delivered") if item.get(key) is not None}
        cause = None if meaning is Meaning.DELIVERED else str(item.get("reason") or "undelivered")
        await self._news(Receipt(self.name, name, meaning, cause, number, raw))
        self._watched.pop(name, None)

    def _watch(self, name: str, number: str) -> None:
        self._watched[name] = number
        while len(self._watched) > MOST_WATCHED:
            self._watched.popitem(last=False)

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
    item = items[0]
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
