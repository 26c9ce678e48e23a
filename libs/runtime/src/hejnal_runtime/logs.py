"""JSON logs: a constant event name, fields, and the trace id of the work at hand (docs/reference/logs.md)."""

import logging
import re
import sys
import time
from collections.abc import Callable, MutableMapping
from typing import Any

import orjson
import structlog

from hejnal_runtime.tracing import current_trace_id

# Names of fields that never reach a log, whatever a caller passes by mistake.
SECRET_FIELDS = frozenset(
    {"password", "secret", "token", "code", "totp", "totp_secret", "authorization", "cookie", "credentials", "phone", "email"}
)

# Texts that others write (a database's "Key (address)=(…) exists", a server's refusal) may quote whom they are about.
_PERSONAL = re.compile(
    r"(?P<login>://)[^/\s@\"\\]+@"  # user and password of an address
    r"|[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"  # e-mail
    r"|\+[1-9][0-9]{7,14}\b"  # telephone number (E.164)
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"  # token (RFC 7519)
)
REDACTED = "[redacted]"

_NUMBERS = re.compile(r"\d+")
_ALIKE = 60
_MOST_KINDS = 200


def _add_trace_id(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if trace_id := current_trace_id():
        event["trace_id"] = trace_id
    return event


def _redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for field in SECRET_FIELDS & event.keys():
        event[field] = REDACTED
    return event


def _to_json(event: Any, default: Any) -> str:
    line = orjson.dumps(event, default=default).decode()
    if "@" in line or "+" in line or "eyJ" in line:  # most lines have none of them
        line = _PERSONAL.sub(lambda found: (found["login"] + REDACTED + "@") if found["login"] else REDACTED, line)
    return line


def _named(service: str) -> Any:
    """Every line says whose it is, also those of threads, which know nothing of the context."""

    def add(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.setdefault("service", service)
        return event

    return add


class Damper(logging.Filter):
    """Lets a few of a library's like lines through and counts the rest: a broker that is away must not fill a disk.

    Like are lines of one logger and level whose texts begin alike but for numbers. The first line of the next window says how
    many were left out.
    """

    def __init__(
        self, library: str, *, few: int = 5, window_s: float = 30.0, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._prefix = library + "."
        self._few = few
        self._window_s = window_s
        self._now_s = now_s
        self._seen: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        if not f"{record.name}.".startswith(self._prefix):
            return True
        now_s, kind = self._now_s(), (record.name, record.levelno, _NUMBERS.sub("", str(record.msg))[:_ALIKE])
        began_s, count = self._seen.get(kind, (now_s, 0))
        if now_s - began_s >= self._window_s:
            if count > self._few:
                record.msg = f"{record.msg} [{count - self._few} more of its kind were left out]"
            began_s, count = now_s, 0
        if len(self._seen) >= _MOST_KINDS:
            self._seen.clear()
        self._seen[kind] = (began_s, count + 1)
        return count < self._few


def configure_logging(service: str, level: str = "INFO", *, json: bool = True) -> None:
    """Send our logs and those of libraries to standard error, as JSON lines or (json=False) for reading at a desk."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _named(service),
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
    handler.addFilter(Damper("aiokafka"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("aiokafka", "aiortc", "aioice", "uvicorn.access", "httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
