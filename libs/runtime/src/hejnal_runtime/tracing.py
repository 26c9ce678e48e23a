"""Traces through HTTP, Kafka and the outbox (W3C Trace Context); spans leave the process only when a collector is set.

Without a collector a trace is only its id: it is made or taken over, goes on in headers and stands in every log line and problem
document, and no span is ever built. What a span may say is fixed here and in docs/reference/tracing.md: names of routes, topics,
channels and providers, sizes and outcomes. Never a path, a query, a key, an address, a header or the text of an error.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util.types import AttributeValue

TRACEPARENT = "traceparent"
EXPORT_TIMEOUT_S = 5
FLUSH_TIMEOUT_S = 2.0
MOST_LINKS = 128
"""As many as the SDK keeps of one span (OpenTelemetry specification, span limits)."""

_FORM = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-[!-~]*)?")
_ROOTS = (SpanKind.SERVER, SpanKind.CONSUMER)
"""Kinds of work that begin here: without a traceparent they begin a trace, whatever task they were started from."""

Protocol = Literal["otlp", "zipkin"]


@dataclass(frozen=True, slots=True)
class _Exporting:
    provider: TracerProvider
    tracer: trace.Tracer
    database: bool


class _Tracing:
    """Where this process's spans go; None: nowhere."""

    exporting: _Exporting | None = None


_tracing = _Tracing()
_carried: ContextVar[str | None] = ContextVar("hejnal_traceparent", default=None)
"""The running trace where no span is recorded of it; None where a span is the innermost."""


def configure_tracing(
    service: str,
    endpoint: str | None,
    *,
    protocol: Protocol = "otlp",
    sample_ratio: float = 1.0,
    database: bool = False,
    exporter: SpanExporter | None = None,
) -> None:
    """Export spans to `endpoint` (OTLP/HTTP: …/v1/traces, Zipkin: …/api/v2/spans), or none without one.

    Which traces are kept is decided by the trace id alone, so that services with the same ratio keep the same ones, and no
    caller can have more of them kept. A collector that is away costs spans, never time: they wait in a bounded queue.
    With `database`, SQL statements become spans, too.
    """
    if _tracing.exporting is not None:
        _tracing.exporting.provider.shutdown()
        _tracing.exporting = None
    if endpoint is None and exporter is None:
        return
    kept = TraceIdRatioBased(sample_ratio)
    provider = TracerProvider(
        sampler=ParentBased(kept, remote_parent_sampled=kept, remote_parent_not_sampled=kept),
        resource=Resource.create({"service.name": f"hejnal-{service}"}),
        shutdown_on_exit=False,
    )
    if exporter is None:
        assert endpoint is not None
        exporter = _exporter(endpoint, protocol)
    provider.add_span_processor(BatchSpanProcessor(exporter, export_timeout_millis=1000 * EXPORT_TIMEOUT_S))
    _tracing.exporting = _Exporting(provider, provider.get_tracer("hejnal"), database)


def _exporter(endpoint: str, protocol: Protocol) -> SpanExporter:
    if protocol == "zipkin":
        from opentelemetry.exporter.zipkin.json import ZipkinExporter

        exporter: SpanExporter = ZipkinExporter(endpoint=endpoint, timeout=EXPORT_TIMEOUT_S)
        return exporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_TIMEOUT_S)


def flush_tracing(timeout_s: float = FLUSH_TIMEOUT_S) -> None:
    """Send the spans that wait; blocks no longer than `timeout_s`. For the end of a process."""
    if _tracing.exporting is not None:
        _tracing.exporting.provider.force_flush(int(1000 * timeout_s))


def is_exporting() -> bool:
    """Whether spans leave this process."""
    return _tracing.exporting is not None


def traces_database() -> bool:
    """Whether SQL statements become spans."""
    return _tracing.exporting is not None and _tracing.exporting.database


def current_trace_id() -> str:
    """The 32 hex digits of the running trace, or an empty text outside of one."""
    if carried := _carried.get():
        return carried[3:35]
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else ""


def current_traceparent() -> str | None:
    """The `traceparent` header value that continues the running trace elsewhere."""
    return _carried.get() or traceparent_of(trace.get_current_span())


def traceparent_of(span: Span) -> str | None:
    """The `traceparent` header value that makes what follows elsewhere a child of `span`."""
    context = span.get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags & TraceFlags.SAMPLED:02x}"


def context_of(traceparent: str | None) -> SpanContext | None:
    """The caller's span as its `traceparent` names it; None when there is none or it is not well formed (then it is ignored)."""
    found = _FORM.fullmatch(traceparent) if traceparent else None
    if found is None:
        return None
    return SpanContext(int(found[1], 16), int(found[2], 16), is_remote=True, trace_flags=TraceFlags(int(found[3], 16) & 1))


def continued_span(
    name: str,
    traceparent: str | None,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: dict[str, AttributeValue] | None = None,
    *,
    linked: Iterable[str | None] = (),
    record: bool = True,
) -> AbstractContextManager[Span]:
    """A span that is a child of `traceparent` for the length of the block; without one a child of what runs, or a new trace.

    `linked` names the causes of work on several messages at once. An exception marks the span with its type, never its text.
    With `record` false, or without a collector, the trace only goes on.
    """
    if _tracing.exporting is None or not record:
        return _Carried(traceparent, kind)
    return _recorded(name, traceparent, kind, attributes, linked)


class _Carried:
    """The trace goes on, or begins, as a text only: about a microsecond."""

    __slots__ = ("_token", "_traceparent")

    def __init__(self, traceparent: str | None, kind: SpanKind) -> None:
        if traceparent is None or _FORM.fullmatch(traceparent) is None:
            traceparent = None if kind in _ROOTS else current_traceparent()
        self._traceparent = traceparent or f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-00"

    def __enter__(self) -> Span:
        self._token = _carried.set(self._traceparent)
        return trace.INVALID_SPAN

    def __exit__(self, *_: object) -> None:
        _carried.reset(self._token)


@contextmanager
def _recorded(
    name: str,
    traceparent: str | None,
    kind: SpanKind,
    attributes: dict[str, AttributeValue] | None,
    linked: Iterable[str | None],
) -> Iterator[Span]:
    span = start_span(name, traceparent, kind, attributes, linked=linked)
    token, carried = contexts.attach(trace.set_span_in_context(span)), _carried.set(None)
    try:
        yield span
    except Exception as error:
        mark_failed(span, error)
        raise
    finally:
        _carried.reset(carried)
        contexts.detach(token)
        span.end()


def start_span(
    name: str,
    traceparent: str | None,
    kind: SpanKind,
    attributes: dict[str, AttributeValue] | None = None,
    *,
    linked: Iterable[str | None] = (),
) -> Span:
    """A span that the caller ends, and under which nothing else runs; one that records nothing without a collector."""
    if _tracing.exporting is None:
        return trace.INVALID_SPAN
    caller = context_of(traceparent) or (None if kind in _ROOTS else context_of(_carried.get()))
    parent: contexts.Context | None = None
    if caller is not None:
        parent = trace.set_span_in_context(NonRecordingSpan(caller), contexts.Context())
    elif kind in _ROOTS:
        parent = contexts.Context()
    return _tracing.exporting.tracer.start_span(name, context=parent, kind=kind, attributes=attributes, links=_links(linked))


def _links(traceparents: Iterable[str | None]) -> Sequence[Link]:
    causes = dict.fromkeys(one for one in traceparents if one)
    return [Link(context) for one in list(causes)[:MOST_LINKS] if (context := context_of(one)) is not None]


def mark_failed(span: Span, error: BaseException) -> None:
    """Say on a span that it failed and with which type of error; its text may name people, addresses or secrets."""
    span.set_attribute("error.type", type(error).__qualname__)
    span.set_status(Status(StatusCode.ERROR))
