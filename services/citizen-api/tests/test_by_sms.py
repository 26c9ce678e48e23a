"""SMS from residents: a report with the place it names, START after STOP; each message once."""

from datetime import timedelta

import pytest

from hejnal_citizen.announcements.progress import DeliveriesHandler
from hejnal_citizen.reports.by_sms import NO_PLACE, SmsHandler, StreetWords, find_street
from hejnal_citizen.town.words import fold
from hejnal_contracts.base import Channel
from hejnal_contracts.deliveries import ContactFailed
from hejnal_contracts.residents import SmsReceived
from hejnal_runtime.bus.message import Message
from hejnal_runtime.ids import new_id

PHONE = "+48500100200"
STREETS = [
    StreetWords(name, tuple(fold(name)))
    for name in ("Żółkiewskiego", "Jana Pawła II", "3 Maja", "Łąkowa", "Polna", "Długa", "Mała", "Nowa", "Nowa Huta")
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dziura na ul. Długiej 5", ("Długa", "5")),
        ("dziura, Długa 5a, przy sklepie", ("Długa", "5a")),
        ("nie świeci latarnia na Łąkowej", ("Łąkowa", "")),
        ("wypadek na Jana Pawła II 12", ("Jana Pawła II", "12")),
        ("przewrócone drzewo 3 Maja 5", ("3 Maja", "5")),
        ("NOWA HUTA: brak wody", ("Nowa Huta", "")),
        ("polna 3 i mala 3", ("Polna", "3")),
        ("mała albo nowa", None),
        ("dziki na osiedlu", None),
        ("", None),
    ],
)
def test_a_street_is_found_in_a_sentence(text: str, found: tuple[str, str] | None) -> None:
    assert find_street(fold(text), STREETS) == found


def _message(fact: SmsReceived | ContactFailed, topic: str, key: str, event_id: str = "") -> Message:
    return Message(
        topic=topic,
        partition=0,
        offset=1,
        key=key,
        id=event_id or new_id(),
        type=fact.TYPE,
        source="notifier",
        time=fact.at if isinstance(fact, ContactFailed) else fact.received_at,
        traceparent=None,
        fact=fact,
    )


def _sms(house, meaning: str, text: str = "") -> SmsReceived:
    return SmsReceived(message_id=new_id(), phone=PHONE, meaning=meaning, text=text, received_at=house.clock.now())


async def test_a_report_by_sms_lies_on_the_clerks_list_with_its_place_once(house):
    handler = SmsHandler(house.res)
    message = _message(_sms(house, "report", "dziura w jezdni na Żółkiewskiego 4"), "inbound-sms", PHONE)
    await handler(message)
    await handler(message)
    await handler(_message(_sms(house, "report", "dziki przy lesie"), "inbound-sms", PHONE))
    rows = await house.rows("select text, street, address, contact, category, resident_id from reports order by reference")
    assert [(row.street, row.address, row.contact) for row in rows] == [
        ("Żółkiewskiego", "Żółkiewskiego 4", PHONE),
        ("", NO_PLACE, PHONE),
    ]
    facts = await house.facts("reports")
    assert [kind for _, kind, _ in facts].count("report.submitted.v1") == 2
    assert "dziura" not in str(facts), "the text stays here"
    listed = await house.staff("clerk").get("/reports")
    assert [one["address"] for one in listed.json()["items"]][::-1] == ["Żółkiewskiego 4", NO_PLACE]


async def test_stop_and_start_by_sms_leave_both_in_the_ledger(house):
    client = await house.sign_in(contact=PHONE)
    await client.put(
        "/me/subscription", json={"filters": [{"categories": ["water"], "min_severity": "info", "channels": ["sms"]}]}
    )
    (contact,) = await house.rows("select id, resident_id from contacts")
    house.clock.advance(60)
    failed = ContactFailed(
        announcement_id="-",
        resident_id=contact.resident_id,
        contact_id=contact.id,
        channel=Channel.SMS,
        reason="opted_out",
        at=house.clock.now(),
    )
    await DeliveriesHandler(house.res)(_message(failed, "deliveries", "-"))
    assert (await house.facts("subscriptions"))[-1][2]["contacts"] == []
    house.clock.advance(timedelta(minutes=5).total_seconds())
    start = _message(_sms(house, "start"), "inbound-sms", PHONE)
    await SmsHandler(house.res)(start)
    await SmsHandler(house.res)(start)
    state = (await house.facts("subscriptions"))[-1][2]
    assert [one["address"] for one in state["contacts"]] == [PHONE]
    ledger = await house.rows("select action, way from consents order by number")
    assert [(row.action, row.way) for row in ledger] == [
        ("granted", "web form"),
        ("withdrawn", "opt-out message"),
        ("granted", "START message"),
    ]


async def test_start_of_a_number_that_nobody_gave_does_nothing(house):
    await SmsHandler(house.res)(_message(_sms(house, "start"), "inbound-sms", PHONE))
    await SmsHandler(house.res)(_message(_sms(house, "other", "dzień dobry"), "inbound-sms", PHONE))
    assert await house.rows("select 1 from contacts") == []
    assert await house.rows("select 1 from reports") == []
