"""Trace ids through HTTP and Kafka (W3C Trace Context); spans leave the process only when an OTLP address is set."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import extract, inject
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind
from opentelemetry.util.types import AttributeValue

TRACEPARENT = "traceparent"


def configure_tracing(service: str, otlp_endpoint: str | None) -> None:
    """Start making trace ids; export spans by OTLP/HTTP to `otlp_endpoint` (…/v1/traces) when given."""
    provider = TracerProvider(resource=Resource.create({"service.name": f"hejnal-{service}"}), shutdown_on_exit=False)
    if otlp_endpoint:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint, timeout=5)))
    trace.set_tracer_provider(provider)


def current_trace_id() -> str:
    """The 32 hex digits of the running trace, or an empty text outside of one."""
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else ""


def current_traceparent() -> str | None:
    """The `traceparent` header value that continues the running trace elsewhere."""
    carrier: dict[str, str] = {}
    inject(carrier)
    return carrier.get(TRACEPARENT)


@contextmanager
def continued_span(
    name: str, traceparent: str | None, kind: SpanKind = SpanKind.INTERNAL, attributes: dict[str, AttributeValue] | None = None
) -> Iterator[trace.Span]:
    """A span that is a child of `traceparent` (or a new trace without one) for the length of the block."""
    parent = extract({TRACEPARENT: traceparent}) if traceparent else None
    tracer = trace.get_tracer("hejnal")
    with tracer.start_as_current_span(name, context=parent, kind=kind, attributes=attributes) as span:
        yield span
