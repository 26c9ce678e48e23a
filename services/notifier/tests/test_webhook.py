"""Announcements to organisations by signed webhook: the file, the plan, the whole way to a receiver that checks signatures."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from notifier_town import Desk, Sinks, Town, announcement, contact, start_sinks, subscription, until
from smpp_peers import job

from hejnal_contracts.base import Channel, Severity
from hejnal_notifier.announcing.plan import plan_next
from hejnal_notifier.channels.webhook import Webhook
from hejnal_notifier.organisations import Organisations, read_organisations
from hejnal_notifier.sending.outcome import Accepted, Postponed, Refused
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.endpoints import EndpointPolicy
from hejnal_runtime.webhook_signature import new_secret

SECRET = new_secret()
PUBLIC = EndpointPolicy((), ())


def _entry(name: str, url: str = "https://example.org/hejnal", **more: Any) -> dict[str, Any]:
    return {"id": name, "name": name.capitalize(), "url": url, "secrets": [SECRET], **more}


def _file(folder: Path, *entries: dict[str, Any]) -> Path:
    path = folder / "organisations.json"
    path.write_text(json.dumps(entries))
    return path


@pytest.fixture
def receivers() -> Iterator[Sinks]:
    running = start_sinks(0, 0, "--webhook-secret", SECRET)
    yield running
    running.process.terminate()
    running.process.wait(10)


# --- the file and the plan -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (_entry("a", "http://example.org/x"), "not https"),
        (_entry("a", "https://127.0.0.1/x"), "an address instead of a name"),
        (_entry("a", "https://intranet/x"), "not a public name"),
        (_entry("a", "https://example.org:8443/x"), "unusual port"),
        (_entry("a", secrets=["whsec_???"]), "base64"),
        (_entry("a", secrets=[]), "secrets"),
        (_entry("A b"), "id"),
        (_entry("a", surprise=1), "surprise"),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_tells_no_secret(tmp_path: Path, entry: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said) as error:
        read_organisations(_file(tmp_path, entry), PUBLIC)
    assert SECRET not in str(error.value)
    with pytest.raises(ValueError, match="same id"):
        read_organisations(_file(tmp_path, _entry("a"), _entry("a")), PUBLIC)


async def test_organisations_are_told_what_they_wish_for_on_whatever_channels_it_was_written(desk: Desk, tmp_path: Path) -> None:
    path = _file(tmp_path, _entry("all"), _entry("water", categories=["water"], min_severity="warning"), _entry("gone"))
    known = Organisations(path, PUBLIC, desk.database, desk.clock)
    known.read()
    await known.store()
    _file(tmp_path, _entry("all"), _entry("water", categories=["water"], min_severity="warning"))
    known.read()
    await known.store()
    await desk.subscribe(subscription("anna", contact("email", "anna@example.pl", contact_id="mail")))
    now = desk.clock.now()
    told = {}
    for category, severity in (("water", Severity.WARNING), ("water", Severity.INFO), ("roads", Severity.WARNING)):
        valid = {"issued_at": now, "valid_from": now, "valid_until": now + timedelta(hours=6)}
        fact = announcement(category=category, severity=severity, channels=(Channel.EMAIL,), **valid)
        await desk.store(fact)
        async with desk.database.transaction() as session:
            await plan_next(session, now, served={Channel.EMAIL, Channel.WEBHOOK})
        told[category, severity.value] = await desk.who(fact.announcement_id)
    everyone = ["anna email", "organisation:all webhook", "organisation:water webhook"]
    assert told["water", "warning"] == everyone
    assert told["water", "info"] == everyone[:2]
    assert told["roads", "warning"] == everyone[1:2]
    foretold = {key: [f"organisation:{name.lower()} webhook" for name in known.told_of(key[0], Severity(key[1]))] for key in told}
    assert foretold == {key: [one for one in who if one.startswith("organisation:")] for key, who in told.items()}


# --- one POST --------------------------------------------------------------------------------------------------------


async def test_answers_and_secrets(receivers: Sinks) -> None:
    secrets = {
        "organisation:old": [SECRET],
        "organisation:rotating": [new_secret(), SECRET],
        "organisation:wrong": [new_secret()],
    }
    policy = EndpointPolicy((), (receivers.url,))
    webhook = Webhook(policy, SystemClock(), lambda who: secrets.get(who, []), concurrency=4, timeout_s=5)

    async def post(name: str, who: str = "organisation:old", base: str = "") -> Any:
        message = replace(job(""), channel=Channel.WEBHOOK, resident_id=who, address=f"{base or receivers.url}/webhooks/{name}")
        return await webhook.send(message)

    assert isinstance(await post("szpital"), Accepted)
    assert isinstance(await post("szpital", "organisation:rotating"), Accepted), "one of two signatures is enough"
    wrong = await post("szpital", "organisation:wrong")
    assert isinstance(wrong, Postponed)
    assert (wrong.cause, wrong.in_doubt) == ("receiver_refuses", False)
    nobody = await post("szpital", "organisation:nobody")
    assert isinstance(nobody, Refused)
    assert nobody.cause == "no_secret"
    gone = await post("gone-1")
    assert isinstance(gone, Refused)
    assert gone.contact is None, "no resident's contact: citizen-api has nothing to mark"
    busy = await post("full-1")
    assert isinstance(busy, Postponed)
    assert busy.retry_after_s == 1
    for inside in ("http://127.0.0.1:9", "https://169.254.169.254", "https://localhost", "ftp://example.org"):
        refused = await post("x", base=inside)
        assert isinstance(refused, Refused), inside
        assert refused.cause == "endpoint_refused"
    same = replace(job(""), channel=Channel.WEBHOOK, resident_id="organisation:old", address=f"{receivers.url}/webhooks/twice")
    assert isinstance(await webhook.send(same), Accepted)
    assert isinstance(await webhook.send(same), Accepted)
    await webhook.close()
    assert [one["repeat"] for one in await receivers.messages(channel="webhook", to="twice")] == [False, True]


# --- the whole way ---------------------------------------------------------------------------------------------------


async def test_an_announcement_and_its_update_reach_the_organisations_that_wished_for_them(town: Town, receivers: Sinks) -> None:
    hooks = f"{receivers.url}/webhooks"
    entries = [
        _entry("szpital", f"{hooks}/szpital"),
        _entry("szkola", f"{hooks}/flaky-szkola"),
        _entry("dawny", f"{hooks}/gone-1"),
    ]
    path = _file(town.folder, *entries, _entry("drogi", f"{hooks}/drogi", categories=["roads"]))
    town.extra |= {"ORGANISATIONS_FILE": str(path), "WEBHOOK_TRUSTED_ORIGINS": json.dumps([receivers.url])}
    town.start()
    await town.ready()
    first = announcement(channels=(Channel.PUSH,))
    await town.send(first)

    async def told(version: int = 1) -> bool:
        return await town.states(first.announcement_id, version) == ["failed", "sent", "sent"]

    await until(told, 40, "the webhooks")
    second = announcement("updated", first.announcement_id, 2, channels=(Channel.PUSH,))
    await town.send(second)

    async def told_again() -> bool:
        return await told(2)

    await until(told_again, 40, "the update's webhooks")
    arrived = await receivers.messages(channel="webhook")
    by_name: dict[str, list[str]] = {}
    for one in arrived:
        assert not one["repeat"]
        by_name.setdefault(one["to"], []).append(one["headers"]["type"])
    both = ["pl.hejnal.announcement.issued.v1", "pl.hejnal.announcement.updated.v1"]
    assert by_name == {"szpital": both, "flaky-szkola": both}
