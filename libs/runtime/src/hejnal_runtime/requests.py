"""Per request: a span that continues the caller's trace, a metric, and the trace id on the response."""

import time
from typing import Any

from opentelemetry.trace import SpanKind, Status, StatusCode

from hejnal_runtime import metrics
from hejnal_runtime.tracing import TRACEPARENT, continued_span, current_trace_id

_NAME = TRACEPARENT.encode()
_UNTRACED = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: as spans they would only be in the way."""


class RequestMiddleware:
    """ASGI middleware; passes streams through untouched."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        traceparent = next((value.decode("latin-1") for name, value in scope["headers"] if name == _NAME), None)
        status = 500
        started = time.monotonic()

        async def observed_send(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), (b"x-trace-id", current_trace_id().encode())]}
            await send(message)

        method = scope["method"]
        # The name gets its route when routing is done. Never the path: it may hold the token of a link in an e-mail.
        with continued_span(method, traceparent, SpanKind.SERVER, record=scope["path"] not in _UNTRACED) as span:
            try:
                await self.app(scope, receive, observed_send)
            finally:
                route = getattr(scope.get("route"), "path", "unmatched")
                metrics.HTTP_REQUESTS.labels(method, route, str(status)).inc()
                metrics.HTTP_DURATION_S.labels(method, route).observe(time.monotonic() - started)
                if span.is_recording():
                    span.update_name(f"{method} {route}")
                    span.set_attributes({"http.request.method": method, "http.route": route, "http.response.status_code": status})
                    if status >= 500:
                        span.set_attribute("error.type", str(status))
                        span.set_status(Status(StatusCode.ERROR))
