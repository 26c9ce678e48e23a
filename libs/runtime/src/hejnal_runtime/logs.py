"""JSON logs: a constant event name, fields, and the trace id of the work at hand."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

from hejnal_runtime.tracing import current_trace_id

# Names of fields that never reach a log, whatever a caller passes by mistake.
SECRET_FIELDS = frozenset(
    {"password", "secret", "token", "code", "totp", "totp_secret", "authorization", "cookie", "credentials", "phone", "email"}
)


def _add_trace_id(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if trace_id := current_trace_id():
        event["trace_id"] = trace_id
    return event


def _redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for field in SECRET_FIELDS & event.keys():
        event[field] = "[redacted]"
    return event


def _to_json(event: Any, default: Any) -> str:
    return orjson.dumps(event, default=default).decode()


def configure_logging(service: str, level: str = "INFO", *, json: bool = True) -> None:
    """Send our logs and those of libraries to standard error, as JSON lines or (json=False) for reading at a desk."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace_id,
        _redact,
    ]
    renderer: Any
    if json:
        # Never the local variables of frames: they hold cookies, codes and phone numbers.
        frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
        shared.append(structlog.processors.ExceptionRenderer(frames))
        renderer = structlog.processors.JSONRenderer(serializer=_to_json)
    else:
        # plain: where `rich` is installed, structlog would draw every frame with its local variables
        plain = structlog.dev.plain_traceback
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("aiokafka", "aiortc", "aioice", "uvicorn.access", "httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)
