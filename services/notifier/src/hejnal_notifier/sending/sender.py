"""One channel's loop: claim for a provider, send with bounded concurrency, note outcomes in bulk."""

import asyncio
import contextlib
import random
from datetime import datetime, timedelta

import structlog

from hejnal_contracts.base import Channel
from hejnal_notifier import metrics
from hejnal_notifier.channels.adapter import Journalled
from hejnal_notifier.delivery import retry_pause_s
from hejnal_notifier.sending.job import Job
from hejnal_notifier.sending.outcome import Accepted, Outcome, Postponed, Refused, Unanswered
from hejnal_notifier.sending.providers import Provider, Providers
from hejnal_notifier.sending.queue import DeliveryQueue, Done
from hejnal_notifier.sending.spans import ProviderSpans, note_outcome
from hejnal_runtime.clock import Clock
from hejnal_runtime.errors import is_transient
from hejnal_runtime.waiting import wait_for

log = structlog.get_logger()

NOTE_LINGER_S = 0.05
NOTE_ROWS = 500
AHEAD_WITH_JOURNAL = 4
"""So many messages for each worker are claimed ahead where a journal tells after a crash what was not handed over. Not a whole
batch: when this replica never comes back, another one takes over what it had claimed without knowing its journal."""
LEAST_PAUSE_S = 0.5
"""What is due and cannot be taken now (its provider rests) is looked at so often."""
DRAIN_S = 5.0
LATE_OUTCOMES_S = 2.0
"""After its time limit the outcome of a try is written down within so long."""


class ChannelSender:
    """Claims at most `batch_size` ahead; a job whose lease would not outlive the provider's time limit is given back."""

    def __init__(
        self,
        queue: DeliveryQueue,
        providers: Providers,
        clock: Clock,
        *,
        concurrency: int,
        batch_size: int,
        poll_s: float,
        lease_s: float,
        retry_base_s: float,
        retry_cap_s: float,
        max_attempts: int,
    ) -> None:
        self._queue = queue
        self._providers = providers
        self._clock = clock
        self._concurrency = concurrency
        self._batch_size = batch_size
        self._poll_s = poll_s
        self._lease_s = lease_s
        self._retry = (retry_base_s, retry_cap_s)
        self._max_attempts = max_attempts
        self._taken_over = asyncio.Event()
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._jobs: asyncio.Queue[Job] = asyncio.Queue(batch_size)
        self._done: asyncio.Queue[Done] = asyncio.Queue(2 * batch_size + concurrency)
        self._busy = 0
        self._hungry = False
        """New work is claimed as soon as no more than `_few` jobs wait."""
        self._few = 0
        self._next_due: datetime | None = None
        """The earliest time at which something that is not due yet will be, as far as this process knows."""
        self._last_pass = clock.monotonic()
        self._once_more: dict[str, float] = {}
        """When waits for a provider that is back are ended a second time: tries that were under way then fail after it."""
        self._spans = ProviderSpans()

    @property
    def channel(self) -> Channel:
        """The channel it serves."""
        return self._providers.channel

    @property
    def _journalled(self) -> list[Journalled]:
        return [adapter for adapter in self._providers.adapters if isinstance(adapter, Journalled)]

    def wake(self) -> None:
        """There is something new in the queue."""
        self._wake.set()

    def health(self) -> str | None:
        """None while the loop turns; otherwise since when it does not."""
        silent_s = self._clock.monotonic() - self._last_pass
        return (
            f"sender {self.channel} has not looked into its queue for {silent_s:.0f} s"
            if silent_s > max(60.0, 2 * self._poll_s)
            else None
        )

    async def run(self) -> None:
        """Send for ever; when cancelled, finish what is in the provider's hands (at most 5 s) and note it."""
        for journalled in self._journalled:
            journalled.open_journal()
        workers = [asyncio.create_task(self._work(), name=f"{self.channel} worker") for _ in range(self._concurrency)]
        noting = asyncio.create_task(self._note_outcomes(), name=f"{self.channel} outcomes")
        watching = asyncio.create_task(self._watch_leases(), name=f"{self.channel} leases")
        claiming = asyncio.create_task(self._claim(), name=f"{self.channel} claims")
        parts = [*workers, noting, watching, claiming]
        try:
            ended, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in ended:
                part.result()
        finally:
            claiming.cancel()
            watching.cancel()
            await self._drain()
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            for adapter in self._providers.adapters:
                await adapter.close()

    async def _drain(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                while not self._jobs.empty():  # not yet tried: give back
                    await self._done.put(Done(self._jobs.get_nowait(), None))
                while self._busy or not self._done.empty():  # noqa: ASYNC110 both end soon
                    await asyncio.sleep(0.02)
                await self._done.join()

    async def _claim(self) -> None:
        await self._taken_over.wait()  # our last life's leases bear our name, too: settle them before we make new ones
        failures = 0
        while True:
            self._last_pass = self._clock.monotonic()
            self._wake.clear()
            try:
                more = await self._claim_for_all()
                failures = 0
            except Exception as error:
                if not is_transient(error):
                    raise
                failures += 1
                await self._back_off("claim_failed", error, failures)
                continue
            if more:
                await self._until_half_empty()
            else:
                with contextlib.suppress(TimeoutError):
                    await wait_for(self._wake.wait(), self._pause_s())

    def _pause_s(self) -> float:
        """Until something is due, or the next look although nobody has woken us."""
        longest_s = self._poll_s * random.uniform(0.8, 1.2)
        for again_at in self._once_more.values():
            longest_s = min(longest_s, max(LEAST_PAUSE_S, again_at - self._clock.monotonic()))
        if self._next_due is None:
            return longest_s
        due_s = (self._next_due - self._clock.now()).total_seconds()
        return min(longest_s, max(due_s, min(LEAST_PAUSE_S, self._poll_s)))

    async def _claim_for_all(self) -> bool:
        """New work for the provider of the moment; for the others what they may have taken already. True: there is more."""
        self._hungry = False
        await self._end_waits()
        chosen, others = self._providers.choose()
        taken, more = await self._claim_for(chosen, fresh=True)
        for provider in others:
            taken += (await self._claim_for(provider, fresh=False))[0]
        if not taken:
            self._next_due = await self._queue.next_due(self.channel)
        return more

    async def _end_waits(self) -> None:
        for adapter in self._providers.adapters:
            provider, now = self._providers[adapter.name], self._clock.monotonic()
            due = self._once_more.get(provider.name, now + 1) <= now
            if provider.came_back or due:
                count = await self._queue.end_waits(self.channel, provider.name)
                if provider.came_back:
                    self._once_more[provider.name] = now + adapter.timeout_s + LATE_OUTCOMES_S
                else:
                    del self._once_more[provider.name]
                provider.came_back = False
                log.info("outage_is_over", channel=self.channel, provider=provider.name, hurried=count)

    async def _claim_for(self, provider: Provider, *, fresh: bool) -> tuple[int, bool]:
        """How many were taken, and whether there is more."""
        room = self._batch_size - self._jobs.qsize()
        limit = min(room, provider.most_at_once or room)
        if not provider.adapter.repeat_is_harmless:  # what is claimed is what a crash may leave in doubt
            journalled = isinstance(provider.adapter, Journalled) and provider.adapter.keeps_journal
            ahead = AHEAD_WITH_JOURNAL * self._concurrency if journalled else 0
            limit = min(limit, ahead + self._concurrency - self._busy - self._jobs.qsize())
            self._hungry = True
            self._few = ahead // 2
        rate = provider.rate()
        if rate is not None:  # not more than goes out well within the lease
            limit = min(limit, max(1, int(rate * (self._lease_s / 3 - provider.wait_s()))))
        if limit <= 0:
            return 0, False
        jobs, more = await self._queue.claim(self.channel, limit, provider.name, fresh=fresh)
        for job in jobs:
            self._jobs.put_nowait(job)
        return len(jobs), more and provider.most_at_once is None

    async def _until_half_empty(self) -> None:
        while self._jobs.qsize() > self._batch_size // 2:
            self._last_pass = self._clock.monotonic()
            self._room.clear()
            with contextlib.suppress(TimeoutError):
                await wait_for(self._room.wait(), 1.0)

    async def _work(self) -> None:
        while True:
            job = await self._jobs.get()
            self._busy += 1
            metrics.IN_FLIGHT.labels(self.channel).inc()
            try:
                await self._done.put(await self._send(job))
            finally:
                self._busy -= 1
                metrics.IN_FLIGHT.labels(self.channel).dec()
                if self._jobs.qsize() <= self._batch_size // 2:
                    self._room.set()
                if self._hungry and self._jobs.qsize() <= self._few:
                    self._wake.set()

    async def _send(self, job: Job) -> Done:
        provider = self._providers[job.provider]
        now = self._clock.now()
        if now + timedelta(seconds=provider.adapter.timeout_s + provider.wait_s()) >= job.lease_until:
            return Done(job, None)
        if now >= job.expires_at:
            return Done(job, Postponed("too_late"), job.expires_at)
        pause_s = provider.take_turn()
        if pause_s:
            await asyncio.sleep(pause_s)
        started = self._clock.monotonic()
        try:
            with self._spans.of(job) as span:
                outcome = await provider.adapter.send(job)
                note_outcome(span, outcome)
        except Exception as error:  # a bug in composing one message must not stop the channel
            log.exception("send_failed_unexpectedly", channel=self.channel, delivery_id=str(job.delivery_id))
            outcome = Postponed("internal_error", type(error).__name__, in_doubt=True)
        metrics.ATTEMPT_DURATION_S.labels(self.channel).observe(self._clock.monotonic() - started)
        metrics.ATTEMPTS.labels(self.channel, provider.name, outcome.event).inc()
        provider.report(outcome)
        if provider.came_back:
            self._wake.set()
        return self._judge(job, provider, outcome)

    def _judge(self, job: Job, provider: Provider, outcome: Outcome) -> Done:
        now = self._clock.now()
        if isinstance(outcome, Accepted):
            metrics.WAITED_S.labels(self.channel).observe(max(0.0, (now - (job.due_at or job.not_before)).total_seconds()))
            return Done(job, outcome)
        if isinstance(outcome, Refused):
            log.info("delivery_refused", channel=self.channel, delivery_id=str(job.delivery_id), cause=outcome.cause)
            if outcome.contact is not None:
                metrics.CONTACTS_FAILED.labels(self.channel, outcome.contact).inc()
            return Done(job, outcome)
        if isinstance(outcome, Unanswered):
            return Done(job, outcome)
        if outcome.in_doubt and not provider.adapter.repeat_is_harmless and not job.urgent:
            metrics.DOUBTFUL.labels(self.channel, "waits_for_receipt").inc()
            return Done(job, Unanswered(outcome.cause, outcome.detail))
        if job.attempt >= self._max_attempts:
            return Done(job, Refused("gave_up", f"{outcome.cause} {outcome.detail}".strip()))
        base_s, cap_s = self._retry
        pause_s = retry_pause_s(
            job.attempt, base_s=base_s, cap_s=cap_s, retry_after_s=outcome.retry_after_s, spread=random.random()
        )
        return Done(job, outcome, now + timedelta(seconds=pause_s))

    async def _note_outcomes(self) -> None:
        while True:
            batch = [await self._done.get()]
            deadline = self._clock.monotonic() + NOTE_LINGER_S
            while len(batch) < NOTE_ROWS and (left := deadline - self._clock.monotonic()) > 0:
                try:
                    batch.append(self._done.get_nowait())
                except asyncio.QueueEmpty:
                    await asyncio.sleep(min(left, 0.01))
            failures = 0
            while True:
                try:
                    await self._queue.note(batch)
                    self._remember_due(batch)
                    break
                except Exception as error:
                    if not is_transient(error):
                        raise
                    failures += 1
                    await self._back_off("outcomes_not_noted_yet", error, failures)
            for _ in batch:
                self._done.task_done()

    def _remember_due(self, batch: list[Done]) -> None:
        """What is to be tried again wakes the claim at its time; what was given back, at once."""
        retries = [one.retry_at for one in batch if one.retry_at is not None]
        if retries and (self._next_due is None or min(retries) < self._next_due):
            self._next_due = min(retries)
            self._wake.set()  # its pause was reckoned without this
        if any(one.outcome is None for one in batch):
            self._wake.set()

    async def _watch_leases(self) -> None:
        own = True
        failures = 0
        while True:
            try:
                if own:
                    await self._give_back_untouched()
                lost, again = await self._queue.take_over(self.channel, harmless=self._providers.harmless, own=own)
                if own:
                    for journalled in self._journalled:
                        journalled.past_is_settled()
                own = False
                self._taken_over.set()
                failures = 0
            except Exception as error:
                if not is_transient(error):
                    raise
                failures += 1
                await self._back_off("take_over_failed", error, failures)
                continue
            if lost:
                metrics.DOUBTFUL.labels(self.channel, "sent_again").inc(again)
                metrics.DOUBTFUL.labels(self.channel, "waits_for_receipt").inc(lost - again)
                log.warning("deliveries_of_lost_worker", channel=self.channel, lost=lost, sent_again=again)
                self.wake()
            await asyncio.sleep(self._lease_s / 4 * random.uniform(0.8, 1.2))

    async def _give_back_untouched(self) -> None:
        for adapter in self._providers.adapters:
            if isinstance(adapter, Journalled):
                count = await self._queue.give_back(self.channel, adapter.name, adapter.never_submitted)
                metrics.DOUBTFUL.labels(self.channel, "never_submitted").inc(count)
                if count:
                    log.info("deliveries_given_back", channel=self.channel, provider=adapter.name, count=count)

    async def _back_off(self, event: str, error: Exception, failures: int) -> None:
        self._last_pass = self._clock.monotonic()
        log.warning(event, channel=self.channel, error=repr(error), failures=failures)
        await asyncio.sleep(min(10.0, 0.2 * 2 ** min(failures, 8)) * random.uniform(0.5, 1))
