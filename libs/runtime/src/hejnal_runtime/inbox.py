"""A message is applied once: its id is noted in the same transaction as its effect."""

from typing import Any

from sqlalchemy import Column, DateTime, Index, MetaData, Table, Text, func, text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_runtime.bus.message import Message


def inbox_table(metadata: MetaData) -> Table:
    """The inbox as part of a service's tables. `create_inbox` makes it in the service's first migration."""
    return Table(
        "inbox",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("event_id", Text, primary_key=True),
        Column("handled_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
        Index("inbox_handled_at", "handled_at"),
    )


INBOX_DDL = (
    """
    create table inbox (
        consumer text not null, event_id text not null, handled_at timestamptz not null default clock_timestamp(),
        primary key (consumer, event_id))
    """,
    "create index inbox_handled_at on inbox (handled_at)",
)


def create_inbox(op: Any) -> None:
    """Make the inbox in a migration."""
    for statement in INBOX_DDL:
        op.execute(statement)


_NOTE = text("insert into inbox (consumer, event_id) values (:consumer, :event_id) on conflict do nothing returning 1")
_FORGET = text("delete from inbox where handled_at < now() - make_interval(days => :days)")


async def first_time(session: AsyncSession, consumer: str, message: Message) -> bool:
    """True when `consumer` sees this message for the first time; False when its effect is already committed."""
    result = await session.execute(_NOTE, {"consumer": consumer, "event_id": message.id})
    return result.first() is not None


async def forget_old(session: AsyncSession, days: int) -> None:
    """Drop notes older than `days`; must exceed the retention of every topic that is read again from its beginning."""
    await session.execute(_FORGET, {"days": days})
