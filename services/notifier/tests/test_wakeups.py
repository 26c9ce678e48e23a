"""Nobody asks the database twice a second: with five minutes between two looks everything still goes at once."""

import asyncpg
from notifier_town import Town, announcement, contact, push_contact, subscription, until

_DIRECT = """
    with made as (
        insert into notifier.deliveries (delivery_id, channel, priority, state, not_before, expires_at, created_at, changed_at)
        select gen_random_uuid(), 'email', 0, 'queued', now(), now() + interval '10 minutes', now(), now()
        from generate_series(1, 3) returning delivery_id)
    insert into notifier.direct_messages (delivery_id, kind, language, address)
    select delivery_id, 'test', 'pl', 'r' || row_number() over () || '@example.pl' from made
"""


async def _connection(town: Town) -> asyncpg.Connection:
    return await asyncpg.connect(town.database_url.replace("+asyncpg", ""))


async def test_what_another_replica_queues_goes_at_once(town: Town) -> None:
    town.extra |= {"POLL_S": "300"}
    town.start()
    await town.ready()
    connection = await _connection(town)
    for goal in (3, 6):

        async def arrived(goal: int = goal) -> bool:
            return len(await town.sinks.messages(channel="email")) == goal

        await connection.execute(_DIRECT)
        await until(arrived, 30, f"{goal} e-mails")
        # the one connection that listens is cut: what is queued meanwhile is found when it is back
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and application_name = 'hejnal-notifier-wakeups'"
        )
    await connection.close()


async def test_a_retry_goes_when_it_is_due_and_progress_is_told_to_the_end(town: Town) -> None:
    town.extra |= {"POLL_S": "300", "RETRY_BASE_S": "0.5"}
    device = await town.sinks.device(behaviour="flaky")
    mail = contact("email", "r0+flaky@example.pl")
    await town.send(subscription("r0", push_contact(device), mail))
    town.start()
    await town.ready()
    fact = announcement()
    await town.send(fact)

    async def finished() -> bool:
        return await town.states(fact.announcement_id) == ["sent"] * 2

    await until(finished, 40, "the third tries")
    connection = await _connection(town)
    waits = await connection.fetch("select due_at, not_before, sent_at from notifier.deliveries")
    assert all(row["due_at"] < row["not_before"] <= row["sent_at"] for row in waits), "who waits does so since the first try"

    async def told() -> bool:
        query = "select bool_and(changes = reported_changes) and count(*) = 1 from notifier.progress"
        return bool(await connection.fetchval(query))

    await until(told, 20, "the last progress")
    await connection.close()


async def test_a_template_that_another_replica_stored_is_used_at_once(town: Town) -> None:
    town.start()
    await town.ready()
    path = "/internal/v1/message-templates"
    connection = await _connection(town)

    async def said() -> bool:
        _, shown = await town.call("POST", f"{path}/preview", {"channel": "sms", "language": "pl"})
        return bool(shown["sms"]["text"].endswith("z drugiej repliki"))

    assert not await said()
    await connection.execute(
        "insert into notifier.message_templates (channel, language, version, parts, created_at, created_by) "
        """values ('sms', 'pl', 1, '{"text": "{{ message }} z drugiej repliki"}', now(), 'anna')"""
    )
    await connection.execute("select pg_notify('wake_notifier', 'message_templates')")
    await until(said, 20, "the new words")
    await connection.close()
