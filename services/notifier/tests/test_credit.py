"""What is left on prepaid SMS accounts: asked of the simulated accounts, shown, and said when it is little."""

from collections.abc import Iterator

import pytest
from notifier_town import Sinks, start_sinks
from prometheus_client import REGISTRY
from smpp_peers import job
from sms_desk_of_tests import Told
from structlog.testing import capture_logs

from hejnal_notifier.channels.adapter import Adapter
from hejnal_notifier.channels.sms.serwersms import SerwerSms
from hejnal_notifier.channels.sms.smsapi import SmsApi
from hejnal_notifier.channels.sms.wording import SmsWording
from hejnal_notifier.credit_watch import CreditWatch
from hejnal_notifier.sending.outcome import Accepted
from hejnal_notifier.sending.providers import Provider
from hejnal_runtime.clock import SystemClock

WORDING = SmsWording("Bugielsk", diacritics=True, max_parts=6)


@pytest.fixture
def poor() -> Iterator[Sinks]:
    running = start_sinks(0, 0, "--sms-credit", "310")
    yield running
    running.process.terminate()
    running.process.wait(10)


def accounts(sinks: Sinks) -> list[Adapter]:
    common = {"name": "", "token": "t", "sender": "Bugielsk", "concurrency": 2, "timeout_s": 5.0}
    smsapi = SmsApi(f"{sinks.url}/sms.do", SystemClock(), WORDING, receipt_url=None, **{**common, "name": "smsapi"})
    serwersms = SerwerSms(
        f"{sinks.url}/serwersms", SystemClock(), WORDING, Told(), low_credit=310, **{**common, "name": "serwersms"}
    )
    return [smsapi, serwersms]


def low(name: str) -> float | None:
    return REGISTRY.get_sample_value("hejnal_notifier_provider_credit_low", {"provider": name})


async def test_what_is_left_is_told_and_little_is_said_once(poor: Sinks) -> None:
    providers = [Provider(adapter, SystemClock()) for adapter in accounts(poor)]
    watch = CreditWatch(providers, SystemClock())
    await watch.look()
    assert [(one.credit.left, one.credit.unit, one.credit.low) for one in providers if one.credit] == [
        (pytest.approx(49.6), "points", True),
        (310, "messages", False),
    ]
    assert (low("smsapi"), low("serwersms")) == (1, 0)
    assert isinstance(await providers[1].adapter.send(job("+48500100201")), Accepted)
    with capture_logs() as logged:
        await watch.look()
        await watch.look()
    said = [one["provider"] for one in logged if one["event"] == "provider_credit_low"]
    assert said == ["serwersms"], "the other one was said before"
    value = REGISTRY.get_sample_value("hejnal_notifier_provider_credit", {"provider": "serwersms", "unit": "messages"})
    assert value is not None
    assert value < 310
    await poor.post("/api/outage", {"channel": "sms", "seconds": 60})
    await watch.look()
    assert providers[0].credit is not None, "what is not told now stays as it was"
    for provider in providers:
        await provider.adapter.close()
