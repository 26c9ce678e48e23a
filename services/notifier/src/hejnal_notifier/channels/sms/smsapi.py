"""SMS through an HTTP gateway that speaks SMSAPI's interface (`sms.do`)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from hejnal_contracts.base import Channel
from hejnal_notifier.channels.sms.http_account import HttpAccount, amount_of
from hejnal_notifier.channels.sms.wording import SmsWording
from hejnal_notifier.delivery import Meaning
from hejnal_notifier.sending.job import Job
from hejnal_notifier.sending.outcome import Accepted, ContactReason, Outcome, Postponed, Refused
from hejnal_runtime.clock import Clock
from hejnal_runtime.sms_text import split_text

log = structlog.get_logger()

EXPIRY_LEAST = timedelta(hours=1)
EXPIRY_MOST = timedelta(hours=72)

_ALREADY_TAKEN = 53
_BAD_NUMBER = {13, 112}
_OPTED_OUT = {59}
_BLOCKED = {57}
_BAD_MESSAGE = {11, 12, 17, 18, 19, 20, 27, 76, 94}
_OURS_TO_MEND = {14, 101, 102, 103, 105, 110, 401, 997}

# Status codes of the gateway's receipts.
_MEANINGS: dict[str, tuple[Meaning, str | None]] = {
    "404": (Meaning.DELIVERED, None),
    "402": (Meaning.FAILED, "expired_at_provider"),
    "405": (Meaning.FAILED, "undelivered"),
    "406": (Meaning.FAILED, "failed_at_provider"),
    "407": (Meaning.FAILED, "rejected_by_operator"),
    "412": (Meaning.FAILED, "stopped"),
}


def receipt_meaning(status: str) -> tuple[Meaning, str | None]:
    """What a receipt's status code says: its meaning and, for a failure, the cause."""
    return _MEANINGS.get(status, (Meaning.ON_THE_WAY, None))


class SmsApi:
    """Submits messages one by one, each under its delivery's id, which the gateway takes only once (`check_idx`)."""

    channel = Channel.SMS
    repeat_is_harmless = True
    credit_unit = "points"

    def __init__(
        self,
        url: str,
        clock: Clock,
        wording: SmsWording,
        *,
        name: str,
        token: str | None,
        sender: str,
        receipt_url: str | None,
        concurrency: int,
        timeout_s: float,
        low_credit: float = 50.0,
    ) -> None:
        self.name = name
        self.low_credit = low_credit
        self.timeout_s = timeout_s
        self._url = url
        self._clock = clock
        self._account = HttpAccount(token=token, concurrency=concurrency, timeout_s=timeout_s)
        self._sender = sender
        self._wording = wording
        self._receipt_url = receipt_url

    async def send(self, job: Job) -> Outcome:
        """Submit one message."""
        text = self._wording.of(job)
        form = {
            "to": job.address,
            "message": text,
            "from": self._sender,
            "encoding": "utf-8",
            "format": "json",
            "idx": job.delivery_id.hex,
            "check_idx": "1",
            "max_parts": str(self._wording.max_parts),
        }
        now = self._clock.now()
        if job.expires_at - now > EXPIRY_LEAST:
            form["expiration_date"] = str(int(min(job.expires_at, now + EXPIRY_MOST - timedelta(minutes=5)).timestamp()))
        if self._receipt_url:
            form["notify_url"] = self._receipt_url
        answer = await self._account.post(self._url, form=form)
        if isinstance(answer, Postponed):
            return answer
        outcome = judge_answer(answer)
        if isinstance(outcome, Accepted):
            return replace(outcome, parts=len(split_text(text).parts))
        return outcome

    async def credit(self) -> float | None:
        """Points left (`user.do`, beside `sms.do`)."""
        answer = await self._account.post(f"{self._url.rpartition('/')[0]}/user.do", form={"credits": "1", "format": "json"})
        return None if isinstance(answer, Postponed) else amount_of(answer.get("points"))

    async def close(self) -> None:
        """Close connections."""
        await self._account.close()


def judge_answer(answer: dict[str, Any]) -> Outcome:
    """What the gateway's JSON answer means."""
    error = answer.get("error")
    if error is None:
        taken = answer.get("list")
        if isinstance(taken, list) and taken and isinstance(taken[0], dict):
            return Accepted(str(taken[0].get("id", "")) or None)
        return Postponed("unreadable_answer", in_doubt=True)
    number = int(error) if str(error).isdigit() else 0
    detail = f"{number} {answer.get('message', '')}"[:200]
    contact: ContactReason | None = None
    if number == _ALREADY_TAKEN:
        return Accepted(note="taken by an earlier try")
    if number in _BAD_NUMBER | _OPTED_OUT | _BLOCKED:
        if number in _OPTED_OUT:
            contact = "opted_out"
        elif number in _BAD_NUMBER:
            contact = "hard_bounce"
        return Refused("bad_number" if number in _BAD_NUMBER else "blocked", detail, contact)
    if number in _BAD_MESSAGE:
        return Refused("rejected", detail)
    if number in _OURS_TO_MEND:
        log.error("sms_gateway_refuses_us", error=number)
        return Postponed("refuses_us", detail, retry_after_s=60.0, refuses_us=True)
    return Postponed("provider_error", detail)
