"""Per request: a span that continues the caller's trace, a metric, and the trace id on the response."""

import time
from typing import Any

from opentelemetry.trace import SpanKind

from hejnal_runtime import metrics
from hejnal_runtime.tracing import continued_span, current_trace_id


class RequestMiddleware:
    """ASGI middleware; passes streams through untouched."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        traceparent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), None)
        status = 500
        started = time.monotonic()

        async def observed_send(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), (b"x-trace-id", current_trace_id().encode())]}
            await send(message)

        with continued_span(f"{scope['method']} {scope['path']}", traceparent, SpanKind.SERVER):
            try:
                await self.app(scope, receive, observed_send)
            finally:
                route = getattr(scope.get("route"), "path", "unmatched")
                metrics.HTTP_REQUESTS.labels(scope["method"], route, str(status)).inc()
                metrics.HTTP_DURATION_S.labels(scope["method"], route).observe(time.monotonic() - started)
