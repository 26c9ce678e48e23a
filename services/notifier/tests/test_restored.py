"""After a restore from a backup nobody is told twice, and nothing is lost in silence."""

from datetime import timedelta
from typing import Any

from notifier_town import Desk, announcement, contact, subscription
from sqlalchemy import text

from hejnal_contracts.base import Severity
from hejnal_notifier.restored import RestoredDeliveries


def valid(desk: Desk, hours: float = 6, **more: Any) -> dict[str, Any]:
    now = desk.clock.now()
    return {"valid_from": now, "valid_until": now + timedelta(hours=hours), "issued_at": now, **more}


async def two_residents(desk: Desk) -> None:
    for name in ("anna", "jan"):
        await desk.subscribe(subscription(name, contact("email", f"{name}@example.pl", contact_id=f"{name}-mail")))


async def restore(desk: Desk, *, lost_s: float = 3600) -> dict[str, int]:
    """As hejnal-backup does: the database is of now, and an hour has gone by in the world."""
    taken_at = desk.clock.now()
    desk.clock.advance(lost_s)
    async with desk.database.transaction() as session:
        row = await session.execute(
            text("select after_restore(:taken, :restored)"), {"taken": taken_at, "restored": desk.clock.now()}
        )
        desk.clock.advance(1)
        return dict(row.scalar_one())


async def test_what_waited_stays_in_doubt_until_somebody_decides(desk: Desk) -> None:
    await two_residents(desk)
    first = announcement(**valid(desk))
    await desk.issue(first)

    told = await restore(desk)

    assert told["deliveries in doubt"] == 2
    assert await desk.send_all() == 0
    restored = RestoredDeliveries(desk.database, desk.clock)
    (doubt,) = await restored.waiting()
    assert (doubt.announcement_id, doubt.deliveries, doubt.can_be_sent) == (first.announcement_id, 2, 2)
    assert await restored.send(first.announcement_id) == 2
    assert await desk.send_all() == 2
    assert await restored.waiting() == []


async def test_what_was_sent_before_the_backup_is_not_touched(desk: Desk) -> None:
    await two_residents(desk)
    first = announcement(**valid(desk))
    await desk.issue(first)
    assert await desk.send_all() == 2

    assert (await restore(desk))["deliveries in doubt"] == 0

    assert [row.state for row in await desk.rows(first.announcement_id)] == ["sent", "sent"]


async def test_what_was_issued_before_the_restore_and_comes_again_tells_nobody(desk: Desk) -> None:
    """Kafka still holds it, or citizen-api publishes it again; the restored notifier has never heard of it."""
    await two_residents(desk)
    lost = announcement(severity=Severity.EMERGENCY, **valid(desk))
    await restore(desk)

    await desk.issue(lost)

    assert [(row.state, row.cause) for row in await desk.rows(lost.announcement_id)] == [("unknown", "restored")] * 2
    assert await desk.send_all() == 0
    fresh = announcement(**valid(desk))
    await desk.issue(fresh)
    assert await desk.send_all() == 2


async def test_an_update_after_the_restore_reaches_those_in_doubt(desk: Desk) -> None:
    await two_residents(desk)
    first = announcement(**valid(desk))
    await desk.issue(first)
    await restore(desk)

    await desk.issue(announcement("updated", first.announcement_id, 2, **valid(desk)))

    assert await desk.send_all() == 2
    restored = RestoredDeliveries(desk.database, desk.clock)
    (doubt,) = await restored.waiting()
    assert (doubt.version, doubt.can_be_sent) == (1, 0)
    assert await restored.send(first.announcement_id) == 0
    assert await restored.waiting() == []


async def test_what_is_left_ends(desk: Desk) -> None:
    await two_residents(desk)
    first = announcement(**valid(desk))
    await desk.issue(first)
    await restore(desk)
    restored = RestoredDeliveries(desk.database, desk.clock)

    assert await restored.leave(first.announcement_id) == 2

    assert {(row.state, row.cause) for row in await desk.rows(first.announcement_id)} == {("expired", "restored")}
    assert await restored.send(first.announcement_id) == 0


async def test_what_is_over_is_not_sent(desk: Desk) -> None:
    await two_residents(desk)
    first = announcement(**valid(desk, hours=0.5))
    await desk.issue(first)
    await restore(desk)
    restored = RestoredDeliveries(desk.database, desk.clock)

    (doubt,) = await restored.waiting()

    assert (doubt.deliveries, doubt.can_be_sent) == (2, 0)
    assert await restored.send(first.announcement_id) == 0
    assert await desk.send_all() == 0
