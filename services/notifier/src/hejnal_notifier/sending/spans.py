"""A provider call as a span of the announcement's trace: channel, provider, attempt and outcome; never whom it is for."""

from collections import OrderedDict
from contextlib import AbstractContextManager

from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from hejnal_notifier.sending.job import Job
from hejnal_notifier.sending.outcome import Accepted, Outcome
from hejnal_runtime.tracing import context_of, continued_span

MOST_OF_ONE_TRACE = 100
"""An announcement goes to a hundred thousand: a trace with that many spans is of no use and hurts who keeps it. The rest goes on
in the same trace by its id, in logs."""
KNOWN_TRACES = 256


class ProviderSpans:
    """How many calls of each trace one channel has shown already."""

    def __init__(self) -> None:
        self._shown: OrderedDict[int, int] = OrderedDict()

    def of(self, job: Job) -> AbstractContextManager[Span]:
        """Around the call for one delivery."""
        return continued_span(
            f"send {job.channel.value}",
            job.traceparent,
            SpanKind.CLIENT if job.traceparent else SpanKind.CONSUMER,
            {"hejnal.channel": job.channel.value, "hejnal.provider": job.provider, "hejnal.attempt": job.attempt},
            record=self._record(job),
        )

    def _record(self, job: Job) -> bool:
        context = context_of(job.traceparent)
        if context is None:
            return True
        count = self._shown.pop(context.trace_id, 0) + 1
        self._shown[context.trace_id] = count
        if len(self._shown) > KNOWN_TRACES:
            self._shown.popitem(last=False)
        return count <= MOST_OF_ONE_TRACE


def note_outcome(span: Span, outcome: Outcome) -> None:
    """What came of it, in our own words for it: a provider's text may quote the number or the address."""
    if not span.is_recording():
        return
    span.set_attribute("hejnal.outcome", outcome.event.value)
    if not isinstance(outcome, Accepted):
        span.set_attribute("error.type", outcome.cause)
        span.set_status(Status(StatusCode.ERROR))
