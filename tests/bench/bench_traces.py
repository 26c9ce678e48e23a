"""What traces cost a message and a request: without a collector, with one that keeps none, and with every span recorded.

Peer in the same run: no tracing code at all (`nothing`), and OpenTelemetry's SDK making spans that nobody gets (`sdk`), as a
service does that leaves it always on. One JSON line per measurement: microseconds of CPU for each message, best of five rounds.
`python tests/bench/bench_traces.py [--messages 20000]`
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind

from hejnal_runtime.bus.message import Message
from hejnal_runtime.bus.spans import processing
from hejnal_runtime.tracing import configure_tracing

ROUNDS = 5
BUS_US = 5.0
"""CPU of one message on the bus, bare (docs/decisions/0002): what the cost of a trace is held against."""
MESSAGE = Message(
    topic="reports",
    partition=0,
    offset=1,
    key="r",
    id="1",
    type="report.submitted.v1",
    source="citizen-api",
    time=datetime(2026, 11, 22, tzinfo=UTC),
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    fact=None,
)


class Discarding(SpanExporter):
    """Takes every span and keeps none."""

    def export(self, spans: Any) -> SpanExportResult:
        return SpanExportResult.SUCCESS


def best_us(around: Callable[[], AbstractContextManager[Any]], messages: int) -> float:
    """Microseconds a message, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.thread_time()
        for _ in range(messages):
            with around():
                pass
        best = min(best, time.thread_time() - began)
    return 1e6 * best / messages


def main() -> None:
    """Measure each way."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=20_000)
    count = parser.parse_args().messages
    sdk = TracerProvider(shutdown_on_exit=False).get_tracer("always on")
    found: dict[str, float] = {"nothing": best_us(nullcontext, count)}
    configure_tracing("bench", None)
    found["off"] = best_us(lambda: processing([MESSAGE], "bench"), count)
    found["sdk"] = best_us(lambda: sdk.start_as_current_span("process reports", kind=SpanKind.CONSUMER), count)
    for name, ratio in (("kept none", 0.0), ("kept all", 1.0)):
        configure_tracing("bench", None, exporter=Discarding(), sample_ratio=ratio)
        found[name] = best_us(lambda: processing([MESSAGE], "bench"), count)
    configure_tracing("bench", None)
    for name, us in found.items():
        cost_us = us - found["nothing"]
        line = {"bench": "traces", "load": round(os.getloadavg()[0], 2), "system": "otel-sdk" if name == "sdk" else "hejnal"}
        line |= {"measure": f"a handled message, traces {name}", "us": round(us, 2), "ratio_to_sdk": round(us / found["sdk"], 3)}
        if name == "off":
            line |= {"share_of_a_bus_message": round(cost_us / BUS_US, 2), "met": us < found["sdk"] / 2}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
