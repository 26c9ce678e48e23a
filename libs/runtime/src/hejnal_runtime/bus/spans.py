"""Spans of messages (OpenTelemetry semantic conventions for messaging and Kafka). Keys stay out: they may be residents' ids."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from opentelemetry.trace import Span, SpanKind
from opentelemetry.util.types import AttributeValue

from hejnal_runtime.bus.message import Message
from hejnal_runtime.tracing import context_of, continued_span, is_exporting, start_span


def processing(messages: Sequence[Message], group: str) -> AbstractContextManager[object]:
    """Around the handler: one message goes on with its own trace; several are the causes of a trace of their own."""
    first = messages[0]
    if not is_exporting():
        return continued_span("process", first.traceparent, SpanKind.CONSUMER)
    attributes: dict[str, AttributeValue] = {
        **_of_topic(first.topic, "process"),
        "messaging.consumer.group.name": group,
        "messaging.destination.partition.id": str(first.partition),
        "messaging.kafka.offset": first.offset,
    }
    name = f"process {first.topic}"
    if len(messages) == 1:
        return continued_span(name, first.traceparent, SpanKind.CONSUMER, attributes)
    attributes["messaging.batch.message_count"] = len(messages)
    return continued_span(name, None, SpanKind.CONSUMER, attributes, linked=(message.traceparent for message in messages))


def sending(topic: str, traceparent: str | None = None) -> AbstractContextManager[object]:
    """Around the sending of one message in the trace that runs; nothing at all without a collector."""
    if not is_exporting():
        return nullcontext()
    return continued_span(f"send {topic}", traceparent, SpanKind.PRODUCER, _of_topic(topic, "send"))


def outbox_span(topic: str, traceparent: str | None, waited_s: float) -> Span | None:
    """The span of a fact that leaves an outbox, to be ended when it is acknowledged; None when its trace is not recorded.

    What had no trace when it was written gets none here: an outbox of housekeeping facts would be traces of one span each.
    """
    if not is_exporting() or context_of(traceparent) is None:
        return None
    attributes = {**_of_topic(topic, "send"), "hejnal.outbox.waited_s": round(waited_s, 3)}
    return start_span(f"send {topic}", traceparent, SpanKind.PRODUCER, attributes)


def _of_topic(topic: str, operation: str) -> dict[str, AttributeValue]:
    return {
        "messaging.system": "kafka",
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
        "messaging.destination.name": topic,
    }
