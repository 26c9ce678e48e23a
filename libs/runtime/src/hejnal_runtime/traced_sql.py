"""SQL statements as spans (OpenTelemetry semantic conventions for databases): verb and first table, never a value."""

import re
from typing import Any

from opentelemetry.trace import SpanKind
from opentelemetry.util.types import AttributeValue
from sqlalchemy import Engine, event

from hejnal_runtime.tracing import current_trace_id, mark_failed, start_span

_VERB = re.compile(r"\s*([a-z]+)", re.IGNORECASE)
_TABLE = re.compile(r"\b(?:from|into|update|join)\s+([a-z_][a-z0-9_]*)", re.IGNORECASE)


def trace_statements(engine: Engine, schema: str) -> None:
    """A span for each statement of this engine that runs in a trace; what runs in none is housekeeping."""

    def begin(_connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: Any) -> None:
        if context is None or not current_trace_id():
            return
        verb = found[1].upper() if (found := _VERB.match(statement)) else "SQL"
        table = found[1] if (found := _TABLE.search(statement)) else ""
        attributes: dict[str, AttributeValue] = {
            "db.system.name": "postgresql",
            "db.namespace": schema,
            "db.operation.name": verb,
            "db.collection.name": table,
        }
        context.hejnal_span = start_span(f"{verb} {table}".strip(), None, SpanKind.CLIENT, attributes)

    def end(_connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: Any) -> None:
        if (span := getattr(context, "hejnal_span", None)) is not None:
            span.end()

    def fail(failure: Any) -> None:
        if (span := getattr(failure.execution_context, "hejnal_span", None)) is not None:
            mark_failed(span, failure.original_exception)
            span.end()

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
    event.listen(engine, "handle_error", fail)
