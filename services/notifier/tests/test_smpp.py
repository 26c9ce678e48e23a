"""SMPP against SMSCs that are not ours (npm `smpp`, PyPI `smpp34`) and against our simulator: the same tests for all three."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from notifier_town import until
from smpp_peers import PEER_KINDS, Peer, job
from sms_desk_of_tests import Told

from hejnal_notifier.channels.sms.news import News, Receipt, TextMessage
from hejnal_notifier.channels.sms.smpp import Smpp
from hejnal_notifier.channels.sms.smpp_session import Smsc
from hejnal_notifier.channels.sms.smpp_text import parts_of
from hejnal_notifier.channels.sms.wording import SmsWording
from hejnal_notifier.delivery import Meaning
from hejnal_notifier.phone_numbers import sender_number
from hejnal_notifier.sending.outcome import Accepted, Postponed, Refused
from hejnal_runtime.clock import SystemClock

LONG = "Nie ma wody na Krótkiej. " * 12


@pytest.fixture(params=list(PEER_KINDS))
async def peer(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Peer]:
    running = PEER_KINDS[request.param](tmp_path)
    yield await anext(running)
    with pytest.raises(StopAsyncIteration):
        await anext(running)


@dataclass
class Client:
    """Our provider, bound, with what it was told."""

    smpp: Smpp
    news: list[News]


@pytest.fixture
async def client(peer: Peer) -> AsyncIterator[Client]:
    news = Told()
    wording = SmsWording("Bugielsk", diacritics=True, max_parts=6)
    smsc = Smsc("127.0.0.1", peer.port, "hejnal", "secret")
    smpp = Smpp(smsc, SystemClock(), wording, news, name="smpp", sender="Bugielsk", window=4, timeout_s=4)
    running = asyncio.create_task(smpp.run())
    yield Client(smpp, news)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def _phones(peer: Peer, number: str) -> str:
    """What a phone shows: parts in their order."""
    parts = [one for one in peer.arrived if one.get("to") == number]
    return "".join(one["text"] for one in sorted(parts, key=lambda one: (one["part"] or [0, 0, 0])[2]))


@pytest.mark.parametrize("words", ["Pekla rura. [Woda] o 18:00 {€}", "Pękła rura, żółć", LONG, "Немає води. " * 9, "a" * 161])
async def test_a_text_arrives_as_it_was_written_and_each_part_is_receipted(peer: Peer, client: Client, words: str) -> None:
    text = client.smpp._wording.of(job("+48500100201", words))
    outcome = await client.smpp.send(job("+48500100201", words))
    assert isinstance(outcome, Accepted), outcome
    assert outcome.parts == len(outcome.part_ids) == len(parts_of(text, 0))
    await until(_async(lambda: _phones(peer, "48500100201") == text), 5, f"the text {text!r}")
    await until(_async(lambda: len(client.news) >= outcome.parts), 5, "the receipts")
    receipts = [one for one in client.news if isinstance(one, Receipt)]
    assert {one.provider_id for one in receipts} == set(outcome.part_ids)
    assert {one.meaning for one in receipts} == {Meaning.DELIVERED}
    assert {one.number for one in receipts} == {"+48500100201"}


def _async(check: Callable[[], Any]) -> Callable[[], Awaitable[Any]]:
    async def asked() -> Any:
        return check()

    return asked


@pytest.mark.parametrize("peer", ["npm", "rust"], indirect=True)
async def test_throttling_is_waited_out_and_no_answer_is_in_doubt(peer: Peer, client: Client) -> None:
    throttled, silent = await asyncio.gather(client.smpp.send(job("+48500100208")), client.smpp.send(job("+48500100209")))
    assert isinstance(throttled, Accepted)
    assert isinstance(silent, Postponed)
    assert silent.in_doubt
    undelivered = await client.smpp.send(job("+48500100203"))
    assert isinstance(undelivered, Accepted)
    await until(
        _async(lambda: any(isinstance(one, Receipt) and one.meaning is Meaning.FAILED for one in client.news)), 5, "the failure"
    )


async def test_a_residents_message_is_taken(peer: Peer, client: Client) -> None:
    await client.smpp.send(job("+48500100201"))  # bound
    assert peer.text is not None
    await peer.text("48500100299", "STOP")
    await until(_async(lambda: any(isinstance(one, TextMessage) for one in client.news)), 5, "the message")
    (message,) = [one for one in client.news if isinstance(one, TextMessage)]
    assert (sender_number(message.sender), message.text) == ("+48500100299", "STOP")


@pytest.mark.parametrize("peer", ["npm", "ours"], indirect=True)
async def test_a_wrong_password_is_ours_to_mend(peer: Peer) -> None:
    smsc = Smsc("127.0.0.1", peer.port, "hejnal", "wrong")
    wording = SmsWording("Bugielsk", diacritics=True, max_parts=6)
    smpp = Smpp(smsc, SystemClock(), wording, Told(), name="smpp", sender="Bugielsk", window=4, timeout_s=4)
    running = asyncio.create_task(smpp.run())
    outcome = await smpp.send(job("+48500100201"))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert isinstance(outcome, Postponed)
    assert outcome.refuses_us
    assert not outcome.in_doubt


class Away(Told):
    """A desk whose database is away twice."""

    failures = 2

    async def __call__(self, news: News) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        await super().__call__(news)


@pytest.mark.parametrize("peer", ["ours"], indirect=True)
async def test_magic_numbers_of_the_simulator(peer: Peer, client: Client) -> None:
    del peer
    assert isinstance(await client.smpp.send(job("+48500100001")), Refused)
    full = await client.smpp.send(job("+48500100007"))
    assert isinstance(full, Postponed)
    assert not full.in_doubt


@pytest.mark.parametrize("peer", ["ours"], indirect=True)
async def test_what_is_not_kept_is_brought_again(peer: Peer) -> None:
    """The database is away when a receipt comes: the SMSC hears that it was not taken, and brings it again."""
    news = Away()
    smsc = Smsc("127.0.0.1", peer.port, "hejnal", "secret")
    wording = SmsWording("Bugielsk", diacritics=True, max_parts=6)
    smpp = Smpp(smsc, SystemClock(), wording, news, name="smpp", sender="Bugielsk", window=4, timeout_s=4)
    running = asyncio.create_task(smpp.run())
    assert isinstance(await smpp.send(job("+48500100201")), Accepted)
    await until(_async(lambda: news), 10, "the receipt")
    assert news.failures == 0
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
