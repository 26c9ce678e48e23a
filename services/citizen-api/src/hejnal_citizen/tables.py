"""Tables of the schema `citizen` as the migrations make them; a test holds the two together.

Queries are written in SQL beside the rules that need them: most of them speak PostGIS.
"""

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Time,
    UniqueConstraint,
    desc,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from hejnal_runtime.inbox import inbox_table
from hejnal_runtime.outbox import outbox_table

metadata = MetaData()
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)

_INSTANT = DateTime(timezone=True)


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, Text, nullable=options.pop("nullable", False), **options)


def _integer(name: str, **options: Any) -> Column[int]:
    return Column(name, Integer, nullable=False, **options)


def _flag(name: str, **options: Any) -> Column[bool]:
    return Column(name, Boolean, nullable=False, **options)


def _at(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, _INSTANT, nullable=nullable)


def _json(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, JSONB, nullable=nullable)


def _geometry(name: str, kind: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Geometry(kind, srid=4326, spatial_index=False), nullable=nullable)


def _serial() -> Column[int]:
    return Column("id", Integer, Identity(always=True), primary_key=True)


def _of(name: str, target: str, *, nullable: bool = False, on_delete: str = "CASCADE", **options: Any) -> Column[Any]:
    return Column(name, ForeignKey(target, ondelete=on_delete, **options), nullable=nullable)


town = Table(
    "town",
    metadata,
    Column("single", Boolean, CheckConstraint("single"), primary_key=True, server_default=text("true")),
    _text("name"),
    _text("teryt"),
    _geometry("center", "POINT"),
    _geometry("boundary", "MULTIPOLYGON"),
    _at("imported_at"),
)
streets = Table(
    "streets",
    metadata,
    _serial(),
    _text("name"),
    _text("district"),
    _text("words"),
    _geometry("footprint", "MULTIPOLYGON", nullable=True),
    _integer("addresses", server_default=text("0")),
    UniqueConstraint("name", "district"),
)
addresses = Table(
    "addresses",
    metadata,
    _serial(),
    _of("street_id", "streets.id"),
    _text("number"),
    _text("number_key"),
    _text("postcode"),
    _geometry("place", "POINT"),
    Index("addresses_street", "street_id", "number_key", postgresql_ops={"number_key": "text_pattern_ops"}),
    Index("addresses_place", "place", postgresql_using="gist"),
)
places = Table("places", metadata, _serial(), _text("name"), _text("kind"), _text("words"), _geometry("place", "POINT"))
categories = Table(
    "categories",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    _integer("position"),
    _json("names"),
    _text("unit", server_default=""),
    _flag("anonymous_allowed", server_default=text("true")),
    _flag("urgent", server_default=text("false")),
    _flag("active", server_default=text("true")),
    _text("icon", server_default=""),
    _text("default_severity", nullable=True),
    _text("cap_category", nullable=True),
    _integer("version", server_default=text("1")),
    Column("questions", JSONB, nullable=False, server_default=text("'[]'")),
    Column("routes", JSONB, nullable=False, server_default=text("'[]'")),
    _text("open311", server_default="realtime"),
)

announcements = Table("announcements", metadata, Column("id", Text, primary_key=True), _integer("version"), _at("issued_at"))
announcement_versions = Table(
    "announcement_versions",
    metadata,
    Column(
        "announcement_id",
        ForeignKey("announcements.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED"),
        primary_key=True,
    ),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _text("kind"),
    _text("category"),
    _text("severity"),
    _json("texts"),
    _json("area"),
    _geometry("footprint", "MULTIPOLYGON"),
    _at("valid_from"),
    _at("valid_until"),
    Column("channels", ARRAY(Text), nullable=False),
    _flag("drill"),
    _at("issued_at"),
    _text("issued_by"),
    Column("attachments", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("origins", JSONB, nullable=False, server_default=text("'{}'")),
    Index("announcement_versions_issued", "issued_at"),
    Index("announcement_versions_footprint", "footprint", postgresql_using="gist"),
)
delivery_progress = Table(
    "delivery_progress",
    metadata,
    Column("announcement_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _json("counts"),
    _flag("finished"),
    _at("at"),
)

residents = Table(
    "residents",
    metadata,
    Column("id", Text, primary_key=True),
    _text("kind"),
    _integer("version", server_default=text("0")),
    _text("language", server_default="pl"),
    Column("quiet_starts", Time),
    Column("quiet_ends", Time),
    _at("paused_until", nullable=True),
    _json("digest", nullable=True),
    Column("token_hash", LargeBinary),
    _at("created_at"),
    _at("changed_at"),
)
contacts = Table(
    "contacts",
    metadata,
    Column("id", Text, primary_key=True),
    _of("resident_id", "residents.id"),
    _text("channel"),
    _text("address"),
    _text("push_p256dh", nullable=True),
    _text("push_auth", nullable=True),
    _text(
        "push_server_key",
        nullable=True,
        comment="applicationServerKey the browser subscribed with; null: before keys were told, with the oldest",
    ),
    _at("verified_at"),
    _text("consent_id", nullable=True),
    _at("consented_at", nullable=True),
    _text("failed", nullable=True),
    _at("failed_at", nullable=True),
    _text("unsubscribe_token", unique=True),
    Index("contacts_address", "channel", "address", unique=True),
    Index("contacts_resident", "resident_id"),
)
filters = Table(
    "filters",
    metadata,
    Column("resident_id", ForeignKey("residents.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("categories", ARRAY(Text), nullable=False),
    _text("min_severity"),
    Column("channels", ARRAY(Text), nullable=False),
    _json("area", nullable=True),
    _geometry("footprint", "MULTIPOLYGON", nullable=True),
    _text("label", server_default=""),
    _integer("wish", server_default=text("0")),
)
consents = Table(
    "consents",
    metadata,
    Column("id", Text, primary_key=True),
    _of("resident_id", "residents.id"),
    *(_text(name) for name in ("contact_id", "action", "text", "text_version", "language", "way", "legal_basis")),
    _at("at"),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    _text("proof", server_default=""),
    Index("consents_resident", "resident_id"),
)
sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    _of("resident_id", "residents.id"),
    _at("created_at"),
    _at("last_seen_at"),
    _at("expires_at"),
    _text("device"),
    Index("sessions_resident", "resident_id"),
    Index("sessions_expiry", "expires_at"),
)
challenges = Table(
    "challenges",
    metadata,
    Column("id", Text, primary_key=True),
    _text("channel"),
    _text("address"),
    _of("resident_id", "residents.id", nullable=True),
    Column("code_hash", LargeBinary, nullable=False),
    _at("created_at"),
    _at("expires_at"),
    _at("used_at", nullable=True),
    Index("challenges_expiry", "expires_at"),
)
locks = Table(
    "locks", metadata, Column("key", Text, primary_key=True), _integer("wrong"), _at("since"), _at("locked_until", nullable=True)
)
rates = Table(
    "rates", metadata, Column("key", Text, primary_key=True), Column("starts", _INSTANT, primary_key=True), _integer("count")
)
idempotency = Table(
    "idempotency",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    _json("result"),
    _at("at"),
    Index("idempotency_at", "at"),
)

report_numbers = Table(
    "report_numbers", metadata, Column("year", Integer, primary_key=True, autoincrement=False), _integer("last")
)
reports = Table(
    "reports",
    metadata,
    Column("id", Text, primary_key=True),
    _text("reference", unique=True),
    _text("category"),
    _text("text"),
    _geometry("place", "POINT"),
    _text("street"),
    _text("address"),
    _text("contact", nullable=True),
    _of("resident_id", "residents.id", nullable=True, on_delete="SET NULL"),
    Column("token_hash", LargeBinary, nullable=False),
    _text("status"),
    _text("outcome", nullable=True),
    _text("unit"),
    _flag("urgent"),
    _integer("version", server_default=text("1")),
    _at("submitted_at"),
    _at("updated_at"),
    Column("answers", JSONB, nullable=False, server_default=text("'{}'")),
    _text("source", server_default="web"),
    _text("language", server_default="pl"),
    _of("merged_into", "reports.id", nullable=True, on_delete="SET NULL"),
    _flag("text_public", server_default=text("false")),
    Column("rating", Integer),
    _text("rating_comment", server_default=""),
    _at("rated_at", nullable=True),
    _integer("reopened", server_default=text("0")),
    Index("reports_newest", desc("submitted_at"), desc("id")),
    Index("reports_place", "place", postgresql_using="gist"),
    Index("reports_resident", "resident_id", postgresql_where=text("resident_id is not null")),
)
report_photos = Table(
    "report_photos",
    metadata,
    Column("id", Text, primary_key=True),
    _of("report_id", "reports.id"),
    *(_integer(name) for name in ("position", "width", "height", "size_bytes")),
    Column("sha256", LargeBinary, nullable=False),
    _flag("public", server_default=text("false")),
    _integer("version", server_default=text("1")),
    Column("blurs", JSONB, nullable=False, server_default=text("'[]'")),
    _at("unblurred_until", nullable=True),
    Index("report_photos_report", "report_id", "position"),
)
report_events = Table(
    "report_events",
    metadata,
    Column("id", Text, primary_key=True),
    _of("report_id", "reports.id"),
    _text("kind"),
    _text("status"),
    _text("outcome", nullable=True),
    _text("unit", server_default=""),
    _text("answer", server_default=""),
    _text("by", server_default=""),
    _at("at"),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Index("report_events_report", "report_id", "number"),
)
cameras = Table(
    "cameras",
    metadata,
    Column("camera_id", Text, primary_key=True),
    _integer("version"),
    _text("name"),
    _flag("public"),
    _json("state"),
)

# Rooms of their own put their tables on the same metadata.
import hejnal_citizen.announcements.tables  # noqa: E402
import hejnal_citizen.consultations.tables  # noqa: E402
import hejnal_citizen.footage_requests.tables  # noqa: E402
import hejnal_citizen.open311.tables  # noqa: E402
import hejnal_citizen.reports.tables  # noqa: E402
import hejnal_citizen.resident_imports.tables  # noqa: E402, F401
