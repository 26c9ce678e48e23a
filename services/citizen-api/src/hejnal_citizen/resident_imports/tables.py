"""The table of imports of residents."""

from sqlalchemy import ARRAY, Boolean, Column, DateTime, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from hejnal_citizen.tables import metadata

resident_imports = Table(
    "resident_imports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("consent_text", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("categories", ARRAY(Text), nullable=False),
    *(Column(name, Integer, nullable=False) for name in ("total", "known", "withdrawn", "doubled", "importable")),
    Column("imported", Integer, nullable=False, server_default=text("0")),
    Column("errors", JSONB, nullable=False),
    Column("rows", JSONB),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Index("resident_imports_waiting", "created_at", postgresql_where=text("state = 'waiting'")),
)
