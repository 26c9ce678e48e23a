"""Tables of requests for one's own footage."""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Index, Integer, LargeBinary, Table, Text, desc, text

from hejnal_citizen.tables import metadata

_EMPTY = text("''")


def _text(name: str, *, default: bool = False, nullable: bool = False) -> "Column[str]":
    return Column(name, Text, nullable=nullable, server_default=_EMPTY if default else None)


def _at(name: str, *, nullable: bool = False) -> "Column[object]":
    return Column(name, DateTime(timezone=True), nullable=nullable)


numbers = Table(
    "footage_request_numbers",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)
requests = Table(
    "footage_requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("reference", Text, nullable=False, unique=True),
    _text("state"),
    _text("camera_id", nullable=True),
    _text("place"),
    _at("starts_at"),
    _at("ends_at"),
    *(_text(name) for name in ("description", "name", "contact", "handover", "language")),
    Column("token_hash", LargeBinary, nullable=False),
    _at("submitted_at"),
    _at("due_at"),
    *(_text(name, default=True) for name in ("extended_reason", "identity_way", "hold_id", "export_id")),
    _text("outcome", nullable=True),
    _text("answer", default=True),
    _at("answered_at", nullable=True),
    Index("footage_requests_newest", desc("submitted_at"), desc("id")),
)
events = Table(
    "footage_request_events",
    metadata,
    Column("id", Text, primary_key=True),
    Column("request_id", ForeignKey("footage_requests.id", ondelete="CASCADE"), nullable=False),
    _text("kind"),
    _text("by", default=True),
    _text("note", default=True),
    _at("at"),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Index("footage_request_events_request", "request_id", "number"),
)
