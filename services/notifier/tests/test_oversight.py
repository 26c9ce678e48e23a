"""What the staff sees of sending: providers at rest and why, what waits, residents' SMS, the decision behind a passed budget."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from notifier_town import Desk, announcement, contact, subscription
from sqlalchemy import text

from hejnal_contracts.base import Channel, Severity
from hejnal_notifier.oversight import inbound_messages, providers
from hejnal_notifier.sending.outcome import Accepted, Postponed
from hejnal_notifier.sending.providers import IN_A_ROW, Pace, Provider, Providers
from hejnal_notifier.statement import statement


def _resources(desk: Desk, **more: Any) -> Any:
    return SimpleNamespace(database=desk.database, clock=desk.clock, **more)


async def test_a_provider_at_rest_says_why_and_what_waits_is_counted(desk: Desk) -> None:
    await desk.subscribe(subscription("r1", contact("sms", "+48500100200")))
    now = desk.clock.now()
    await desk.issue(announcement(issued_at=now, valid_from=now, valid_until=now + timedelta(hours=5)))
    adapters = [SimpleNamespace(name=name, channel=Channel.SMS) for name in ("smpp", "modem")]
    smpp, modem = (Provider(adapter, desk.clock, Pace(per_s=20.0)) for adapter in adapters)  # type: ignore[arg-type]
    both = Providers([smpp, modem])
    modem.report(Accepted("m1", parts=1))
    for _ in range(IN_A_ROW):
        smpp.report(Postponed("throttled", "ESME_RTHROTTLED"))
    found = await providers(_resources(desk, providers={Channel.SMS: both}))
    [sms] = found.channels
    assert (sms.channel, sms.waiting, sms.due) == ("sms", 1, 1)
    assert sms.due_since is not None
    resting, well = sms.providers
    assert (resting.name, resting.tries, resting.failed) == ("smpp", IN_A_ROW, IN_A_ROW)
    assert 0 < resting.rests_s <= 30
    assert (resting.last_trouble_cause, resting.last_trouble_detail) == ("throttled", "ESME_RTHROTTLED")
    assert (well.rests_s, well.tries, well.failed, well.last_trouble_at, well.rate_per_s) == (0, 1, 0, None, 20.0)


async def test_residents_sms_come_newest_first_page_by_page_with_numbers_masked(desk: Desk) -> None:
    now = desk.clock.now()
    async with desk.database.transaction() as session:
        for number in range(3):
            values = {"id": f"m{number}", "at": now - timedelta(minutes=number + 1)}
            await session.execute(
                text(
                    "insert into inbound (provider, provider_id, sender, body, meaning, received_at) "
                    "values ('smpp', :id, '+48500100201', 'START', 'start', :at)"
                ),
                values,
            )
    first = await inbound_messages(_resources(desk), None, 2)
    assert [item.sender for item in first.items] == ["…201", "…201"]
    assert first.items[0].received_at > first.items[1].received_at
    last = await inbound_messages(_resources(desk), first.next_before, 2)
    assert (len(last.items), last.next_before) == (1, None)


async def test_the_statement_names_who_let_an_emergency_pass_the_budget(desk: Desk) -> None:
    await desk.subscribe(subscription("r1", contact("sms", "+48500100200")))
    now = desk.clock.now()
    await desk.issue(
        announcement(issued_at=now, valid_from=now, valid_until=now + timedelta(hours=5), severity=Severity.EMERGENCY)
    )
    async with desk.database.transaction() as session:
        await session.execute(text("update versions set over_budget = true, issued_by = 'Jan Kowalski', sms_cost_grosze = 1234"))
    month = await statement(now.strftime("%Y-%m"), _resources(desk, settings=SimpleNamespace(sms_monthly_budget_zl=5)))
    assert month.passed_budget == 1
    assert [(one.decided_by, one.sms_cost_zl) for one in month.passes] == [("Jan Kowalski", 12.34)]
