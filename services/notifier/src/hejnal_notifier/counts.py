"""The counters of one version: by channel and state, failures by cause, what waits for a push, how fast it was handed over."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Channel
from hejnal_contracts.deliveries import ChannelCounts
from hejnal_notifier.sending.fallback import SPARED

PaceSeconds = tuple[float | None, float | None, float | None]

_COUNTS = text(
    "select channel, state, after_push, case when state in ('failed', 'expired') then coalesce(cause, 'unknown') "
    "when state = 'cancelled' and cause = :spared then cause end as cause, count(*) as deliveries "
    "from deliveries where version_id = :version_id group by 1, 2, 3, 4"
)
# What was called off needs no hand-over; what never was handed over is never reached. What waits for the end of
# quiet hours counts from it.
_PACE = text(
    """
    select d.channel, percentile_disc(array[0.5, 0.95, 0.99]) within group (
        order by coalesce(extract(epoch from d.sent_at - greatest(v.issued_at, d.not_before)), 'infinity')) as seconds
    from deliveries d join versions v using (version_id)
    where d.version_id = :version_id and d.state <> 'cancelled' group by d.channel
    """
)


async def counts_of(session: AsyncSession, version_id: int, paces: dict[str, PaceSeconds]) -> tuple[ChannelCounts, ...]:
    """Counters of every channel that the version has deliveries on; they add up to all its deliveries."""
    channels: dict[str, dict[str, int]] = {}
    causes: dict[str, dict[str, int]] = {}
    for row in await session.execute(_COUNTS, {"version_id": version_id, "spared": SPARED}):
        counts = channels.setdefault(row.channel, {})
        failed = causes.setdefault(row.channel, {})
        state = "queued" if row.state in ("held", "sending") else row.state
        counts[state] = counts.get(state, 0) + row.deliveries
        if row.state == "queued" and row.after_push:
            counts["waiting_for_push"] = counts.get("waiting_for_push", 0) + row.deliveries
        elif row.cause == SPARED:
            counts["spared_by_push"] = counts.get("spared_by_push", 0) + row.deliveries
        elif row.cause is not None:
            failed[row.cause] = failed.get(row.cause, 0) + row.deliveries
    return tuple(
        ChannelCounts(
            channel=Channel(channel),
            queued=counts.get("queued", 0),
            sent=counts.get("sent", 0),
            delivered=counts.get("delivered", 0),
            failed=counts.get("failed", 0),
            expired=counts.get("expired", 0),
            cancelled=counts.get("cancelled", 0),
            unknown=counts.get("unknown", 0),
            waiting_for_push=counts.get("waiting_for_push", 0),
            spared_by_push=counts.get("spared_by_push", 0),
            causes=dict(sorted(causes[channel].items())),
            pace_s=paces.get(channel),
        )
        for channel, counts in sorted(channels.items())
    )


async def paces_of(session: AsyncSession, version_id: int) -> dict[str, PaceSeconds]:
    """By channel: seconds until 50, 95 and 99 % were handed to a provider; None: not reached."""
    return {
        row.channel: _known(row.seconds[0], row.seconds[1], row.seconds[2])
        for row in await session.execute(_PACE, {"version_id": version_id})
    }


def _known(p50: float, p95: float, p99: float) -> PaceSeconds:
    def known(value: float) -> float | None:
        return None if float(value) == float("inf") else round(max(0.0, float(value)), 3)

    return known(p50), known(p95), known(p99)
