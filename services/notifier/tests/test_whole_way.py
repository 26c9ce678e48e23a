"""From fact to device with everything real: the service as a process, Kafka, PostgreSQL, SMTP, SMS gateway, push service."""

import time

from notifier_town import Town, announcement, contact, push_contact, subscription, until, wish

from hejnal_contracts.announcements import CircleArea
from hejnal_contracts.base import Point

HERE = Point(lat=51.05, lon=20.95)
FAR = Point(lat=51.10, lon=21.05)


async def arrived(town: Town, count: int) -> list[dict]:
    async def check() -> list[dict]:
        messages = await town.sinks.messages()
        return messages if len(messages) >= count else []

    return await until(check, 20, f"{count} arrivals")


async def test_issue_update_and_all_clear_reach_exactly_the_right_of_three(town: Town) -> None:
    anna, bogdan = await town.sinks.device(label="Anna"), await town.sinks.device(label="Bogdan")
    near = wish("water", area=CircleArea(center=HERE, radius_m=300))
    far = wish("water", area=CircleArea(center=FAR, radius_m=300))
    await town.send(
        subscription("anna", push_contact(anna), contact("email", "anna@example.pl"), filters=(near,)),
        subscription("bogdan", push_contact(bogdan), filters=(wish("roads"),)),
        subscription("celina", contact("sms", "+48500100300"), filters=(far,)),
    )
    town.start()
    await town.ready()
    first = announcement(area=CircleArea(center=HERE, radius_m=500))
    sent_at = time.monotonic()
    await town.send(first)
    messages = await arrived(town, 2)
    assert time.monotonic() - sent_at < 30  # 2 s is the bar, shown by bench_notify; this machine may be busy with other tests
    assert {(message["channel"], message["headers"].get("label") or message["to"]) for message in messages} == {
        ("push", "Anna"),
        ("email", "anna@example.pl"),
    }
    update = announcement("updated", first.announcement_id, 2, area=CircleArea(center=FAR, radius_m=500))
    await town.send(update)
    messages = await arrived(town, 5)
    assert {message["to"] for message in messages[2:]} == {anna["id"], "anna@example.pl", "+48500100300"}
    await town.send(announcement("cancelled", first.announcement_id, 3, area=CircleArea(center=FAR, radius_m=500)))
    messages = await arrived(town, 8)
    assert {message["to"] for message in messages[5:]} == {anna["id"], "anna@example.pl", "+48500100300"}
    assert {message["subject"] for message in messages[5:] if message["channel"] != "sms"} == {
        "Odwołanie: Nie ma wody na Krótkiej"
    }
    sms = [message["text"] for message in messages if message["channel"] == "sms"]
    assert sms[1].startswith("Odwolanie: Nie ma wody na Krotkiej. Pekla rura.")
    payloads = await town.sinks.push_payloads(anna)
    assert [payload["version"] for payload in payloads] == [1, 2, 3]
    assert len({payload["tag"] for payload in payloads}) == 1

    async def settled() -> bool:
        return await town.states(first.announcement_id, 3) == ["delivered", "sent", "sent"]

    await until(settled, 10, "the gateway's receipt")
    assert not await town.sinks.messages(to=bogdan["id"])
