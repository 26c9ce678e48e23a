"""Live views that are open, over all live workers, and the workers that serve them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from hejnal_gateway.tables import metadata

live_workers = sa.Table(
    "live_workers",
    metadata,
    sa.Column("worker_id", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
)

# A row is there for as long as its view is: written with the audit entry of the beginning, removed with that of the end.
live_views = sa.Table(
    "live_views",
    metadata,
    sa.Column("viewer_id", sa.Text, primary_key=True),
    sa.Column("worker_id", sa.Text, nullable=False, index=True),
    sa.Column("camera_id", sa.Text, nullable=False, index=True),
    sa.Column("account_id", sa.Text, nullable=False, index=True),
    sa.Column("staff", JSONB, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
)
