"""Traces: what goes on, what is said of it, and what is never said."""

import asyncio
from collections.abc import Iterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from bus_room import get, report, running, until
from fastapi import FastAPI
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from sqlalchemy import text

from hejnal_runtime.bus import Consumer, Message, Producer
from hejnal_runtime.database import Database
from hejnal_runtime.outbox import OutboxRelay, publish
from hejnal_runtime.serve import install_common
from hejnal_runtime.traced_http import traced_requests
from hejnal_runtime.tracing import (
    configure_tracing,
    context_of,
    continued_span,
    current_trace_id,
    current_traceparent,
    flush_tracing,
)

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = f"00-{TRACE}-b7ad6b7169203331-01"


class Collected:
    """The spans that this process has made so far."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    def all(self) -> list[ReadableSpan]:
        flush_tracing()
        return list(self._exporter.get_finished_spans())

    def one(self, name: str) -> ReadableSpan:
        (found,) = (span for span in self.all() if span.name == name)
        return found


@pytest.fixture
def collected() -> Iterator[Collected]:
    exporter = InMemorySpanExporter()
    configure_tracing("test", None, exporter=exporter, database=True)
    yield Collected(exporter)
    configure_tracing("test", None)


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    install_common(app)

    @app.get("/unsubscribe/{token}")
    async def unsubscribe(token: str, phone: str = "") -> None:
        raise RuntimeError(f"nobody is called {token} {phone}")

    @app.get("/healthz")
    async def healthz() -> str:
        return current_trace_id()

    return app


def parent_id(span: ReadableSpan) -> int:
    assert span.parent is not None
    return span.parent.span_id


def span_id(span: ReadableSpan) -> int:
    assert span.context is not None
    return span.context.span_id


def trace_id(span: ReadableSpan) -> str:
    assert span.context is not None
    return format(span.context.trace_id, "032x")


def test_without_a_collector_a_trace_is_its_id_and_no_span_is_built():
    configure_tracing("test", None)
    with continued_span("x", CALLER, SpanKind.SERVER) as span:
        assert not span.is_recording()
        assert current_traceparent() == CALLER
        with continued_span("y", None) as inner:
            assert inner is span
    assert current_trace_id() == ""
    with continued_span("x", None, SpanKind.SERVER):
        first = current_trace_id()
        with continued_span("y", None, SpanKind.CONSUMER):  # work that begins by itself, whoever started its task
            assert current_trace_id() not in ("", first)
        assert current_trace_id() == first


@pytest.mark.parametrize(
    "sent", ["", "x", "00-" + "0" * 32 + "-b7ad6b7169203331-01", f"ff-{TRACE}-b7ad6b7169203331-01", CALLER.upper(), CALLER + "\n"]
)
def test_a_traceparent_that_is_not_well_formed_is_ignored(sent: str):
    assert context_of(sent) is None
    with continued_span("x", sent, SpanKind.SERVER):
        assert len(current_trace_id()) == 32


async def test_a_request_is_a_span_named_by_its_route_and_says_nothing_of_persons(app: FastAPI, collected: Collected):
    response = await get(app, "/unsubscribe/s3cret-token?phone=%2B48600100200", traceparent=CALLER)
    assert response.status_code == 500
    assert response.json()["trace_id"] == TRACE
    span = collected.one("GET /unsubscribe/{token}")
    assert trace_id(span) == TRACE
    assert span.kind is SpanKind.SERVER
    assert span.attributes is not None
    assert span.attributes["http.route"] == "/unsubscribe/{token}"
    assert span.attributes["http.response.status_code"] == 500
    assert not span.status.is_ok
    for told in collected.all():
        assert "s3cret" not in told.to_json()
        assert "600100200" not in told.to_json()
        assert not told.events, "an exception's text and frames stay out"


async def test_what_machines_ask_all_day_is_no_span_but_has_a_trace(app: FastAPI, collected: Collected):
    response = await get(app, "/healthz")
    assert len(response.json()) == 32
    assert collected.all() == []


async def test_an_error_marks_its_span_by_its_type_only(collected: Collected):
    with pytest.raises(ValueError, match="secret"), continued_span("work", None):
        raise ValueError("anna@example.pl has a secret")
    span = collected.one("work")
    assert span.attributes is not None
    assert span.attributes["error.type"] == "ValueError"
    assert "anna" not in span.to_json()


async def test_requests_to_our_own_carry_the_trace_and_to_others_they_do_not(collected: Collected):
    heard: list[str | None] = []

    async def answer(request: web.Request) -> web.Response:
        heard.append(request.headers.get("traceparent"))
        return web.Response(status=503 if "bad" in request.path else 200)

    peer = web.Application()
    peer.router.add_get("/{any}", answer)
    async with TestServer(peer) as server:
        with continued_span("outer", CALLER, SpanKind.SERVER):
            for inside in (True, False):
                async with aiohttp.ClientSession(trace_configs=traced_requests(inside=inside)) as http:
                    for path in ("/anna-secret?code=1", "/bad"):
                        async with http.get(server.make_url(path)) as response:
                            await response.read()
            async with aiohttp.ClientSession(trace_configs=traced_requests(inside=True)) as http:
                with pytest.raises(aiohttp.ClientConnectorError):
                    await http.get("http://127.0.0.1:9/x")
    spans = [span for span in collected.all() if span.kind is SpanKind.CLIENT]
    assert len(spans) == 5
    assert {trace_id(span) for span in spans} == {TRACE}
    assert heard[0] == f"00-{TRACE}-{span_id(spans[0]):016x}-01", "the other end is a child of the request"
    assert heard[2:] == [None, None]
    assert [span.status.is_ok for span in spans] == [True, False, True, False, False]
    assert "secret" not in "".join(span.to_json() for span in spans)


async def test_a_request_carries_the_trace_without_a_collector_too():
    configure_tracing("test", None)
    heard: list[str | None] = []

    async def answer(request: web.Request) -> web.Response:
        heard.append(request.headers.get("traceparent"))
        return web.Response()

    peer = web.Application()
    peer.router.add_get("/", answer)
    async with TestServer(peer) as server, aiohttp.ClientSession(trace_configs=traced_requests(inside=True)) as http:
        with continued_span("outer", CALLER, SpanKind.SERVER):
            await http.get(server.make_url("/"))
        await http.get(server.make_url("/"))
    assert heard == [CALLER, None]


def test_the_share_of_kept_traces_is_decided_by_the_id_alone():
    kept: list[str] = []
    low, high = "0" * 31 + "1", "f" * 32
    for name in ("citizen-api", "notifier"):
        exporter = InMemorySpanExporter()
        configure_tracing(name, None, exporter=exporter, sample_ratio=0.5)
        for number in (low, high):
            for flag in ("00", "01"):  # what the caller would like makes no difference
                with continued_span("x", f"00-{number}-b7ad6b7169203331-{flag}", SpanKind.SERVER):
                    assert current_trace_id() == number
        flush_tracing()
        kept += [trace_id(span) for span in exporter.get_finished_spans()]
    configure_tracing("test", None)
    assert kept == [low] * 4


@pytest.mark.kafka
@pytest.mark.postgres
async def test_outbox_kafka_and_handler_are_one_trace(kafka_bootstrap, make_topics, database_url, collected: Collected):
    database = Database(database_url, schema="work")
    prefix = await make_topics("reports", partitions=1)
    producer = Producer(kafka_bootstrap, prefix)
    with continued_span("POST /reports", CALLER, SpanKind.SERVER):
        async with database.transaction() as session:
            await publish(session, report("anna-secret"), source="citizen-api")
    async with database.transaction() as session:
        await publish(session, report("without"), source="citizen-api")  # in no trace: its trace begins at the handler
    seen: dict[str, str] = {}

    async def handle(message: Message) -> None:
        seen[message.key] = current_trace_id()
        async with database.transaction() as session:
            await session.execute(
                text("insert into effects (report_id, partition, message_offset) values (:report, 0, :offset)"),
                {"report": message.key, "offset": message.offset},
            )

    consumer = Consumer(kafka_bootstrap, "traced", ["reports"], handle, producer=producer, topic_prefix=prefix)
    async with running(OutboxRelay(database, producer), consumer):
        await until(lambda: len(seen) == 2)
        await until(lambda: len([span for span in collected.all() if span.name == "process reports"]) == 2)
    await producer.stop()
    await database.close()
    assert seen["anna-secret"] == TRACE
    ours = {span.name: span for span in collected.all() if trace_id(span) == TRACE}
    door, sent, handled = ours["POST /reports"], ours["send reports"], ours["process reports"]
    stored, effect = ours["INSERT outbox"], ours["INSERT effects"]
    assert parent_id(sent) == parent_id(stored) == span_id(door)
    assert parent_id(handled) == span_id(sent)
    assert parent_id(effect) == span_id(handled)
    assert (sent.kind, handled.kind, effect.kind) == (SpanKind.PRODUCER, SpanKind.CONSUMER, SpanKind.CLIENT)
    assert handled.attributes is not None
    assert handled.attributes["messaging.consumer.group.name"] == prefix + "traced"
    assert "anna" not in "".join(span.to_json() for span in collected.all()), "keys and values stay out"
    others = [span.name for span in collected.all() if trace_id(span) == seen["without"]]
    assert sorted(others) == ["INSERT effects", "process reports"]


@pytest.mark.kafka
@pytest.mark.postgres
async def test_a_batch_is_a_trace_of_its_own_and_names_its_causes(
    kafka_bootstrap, make_topics, database_url, collected: Collected
):
    database = Database(database_url, schema="work")
    prefix = await make_topics("reports", partitions=1)
    producer = Producer(kafka_bootstrap, prefix)
    for number in range(3):
        with continued_span("POST /reports", None, SpanKind.SERVER):
            async with database.transaction() as session:
                await publish(session, report(f"r{number}"), source="citizen-api")
    taken: list[int] = []
    release = asyncio.Event()

    async def handle(messages: list[Message]) -> None:
        taken.append(len(messages))
        await release.wait()

    async with running(OutboxRelay(database, producer)):
        await until(lambda: len([span for span in collected.all() if span.name == "send reports"]) == 3)
    consumer = Consumer(kafka_bootstrap, "batch", ["reports"], producer=producer, batch_handler=handle, topic_prefix=prefix)
    async with running(consumer):
        release.set()
        await until(lambda: sum(taken) == 3)
        await until(lambda: len([span for span in collected.all() if span.name == "process reports"]) == len(taken))
    await producer.stop()
    await database.close()
    sent = {span_id(span) for span in collected.all() if span.name == "send reports"}
    causes = set()
    for span in collected.all():
        if span.name == "process reports":
            causes |= {link.context.span_id for link in span.links} or {parent_id(span)}
    assert causes == sent
