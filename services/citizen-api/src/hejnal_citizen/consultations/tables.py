"""Tables of consultations."""

from sqlalchemy import ARRAY, BigInteger, Column, DateTime, ForeignKey, Identity, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from hejnal_citizen.tables import metadata

_EMPTY = text("''")


def _text(name: str, *, default: bool = False, nullable: bool = False) -> "Column[str]":
    return Column(name, Text, nullable=nullable, server_default=_EMPTY if default else None)


def _at(name: str, *, nullable: bool = False) -> "Column[object]":
    return Column(name, DateTime(timezone=True), nullable=nullable)


consultations = Table(
    "consultations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    _text("kind"),
    Column("texts", JSONB, nullable=False),
    Column("options", JSONB, nullable=False),
    _text("vote_rule"),
    Column("most_choices", Integer, nullable=False),
    _text("opinions"),
    _text("rules", default=True),
    _at("opens_at"),
    _at("closes_at"),
    _at("opened_at", nullable=True),
    _at("closed_at", nullable=True),
    _at("created_at"),
    _text("created_by"),
)
votes = Table(
    "consultation_votes",
    metadata,
    Column("consultation_id", ForeignKey("consultations.id", ondelete="CASCADE"), primary_key=True),
    Column("voter", LargeBinary, primary_key=True),
    Column("choices", ARRAY(Text), nullable=False),
    _text("way"),
    _text("form", nullable=True),
    _text("entered_by", default=True),
    _at("at"),
)
opinions = Table(
    "consultation_opinions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("consultation_id", ForeignKey("consultations.id", ondelete="CASCADE"), nullable=False),
    Column("resident_id", ForeignKey("residents.id", ondelete="CASCADE")),
    Column("author", LargeBinary, nullable=False),
    _text("text"),
    _text("way"),
    _text("state"),
    _text("reason", default=True),
    _text("moderated_by", default=True),
    _at("at"),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Index("consultation_opinions_listed", "consultation_id", "number"),
    Index("consultation_opinions_resident", "resident_id", postgresql_where=text("resident_id is not null")),
)
