"""Requests to others as spans (OpenTelemetry semantic conventions for HTTP clients), and the trace in what goes to our own."""

from types import SimpleNamespace
from typing import Any

import aiohttp
from opentelemetry.trace import INVALID_SPAN, SpanKind, Status, StatusCode
from opentelemetry.util.types import AttributeValue

from hejnal_runtime.tracing import TRACEPARENT, current_traceparent, is_exporting, mark_failed, start_span, traceparent_of


def traced_requests(*, inside: bool) -> list[aiohttp.TraceConfig]:
    """For `trace_configs` of a client session. Call it after `configure_tracing`.

    With `inside` the trace goes on at the other end: only for our own services, nobody else is told our trace ids.
    A span says method, host, port and status; never the path, which may hold a name or a token.
    """
    if not inside and not is_exporting():
        return []
    config = aiohttp.TraceConfig()

    async def begin(_session: Any, context: SimpleNamespace, request: aiohttp.TraceRequestStartParams) -> None:
        # without a collector this gives the span that records nothing
        attributes: dict[str, AttributeValue] = {
            "http.request.method": request.method,
            "server.address": request.url.host or "",
            "server.port": request.url.port or 0,
        }
        context.span = start_span(request.method, None, SpanKind.CLIENT, attributes)
        traceparent = traceparent_of(context.span) or current_traceparent()
        if inside and traceparent:
            request.headers[TRACEPARENT] = traceparent

    async def end(_session: Any, context: SimpleNamespace, answer: aiohttp.TraceRequestEndParams) -> None:
        context.span.set_attribute("http.response.status_code", answer.response.status)
        if answer.response.status >= 400:
            context.span.set_attribute("error.type", str(answer.response.status))
            context.span.set_status(Status(StatusCode.ERROR))
        context.span.end()

    async def fail(_session: Any, context: SimpleNamespace, failure: aiohttp.TraceRequestExceptionParams) -> None:
        span = getattr(context, "span", INVALID_SPAN)
        mark_failed(span, failure.exception)
        span.end()

    config.on_request_start.append(begin)
    config.on_request_end.append(end)
    config.on_request_exception.append(fail)
    return [config]
