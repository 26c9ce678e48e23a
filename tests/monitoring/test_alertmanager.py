"""Who is told what: routes by amtool, and a real Alertmanager that tells a webhook exactly what it should."""

import subprocess

import pytest

from hejnal_monitoring.servers import HOME

from .servers import monitoring, until

FAST = {"group_wait": "0s", "group_interval": "1s"}


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ({"severity": "page", "service": "kafka"}, "dyzur"),
        ({"severity": "ticket", "service": "kafka"}, "dzien"),
        ({"severity": "watchdog"}, "straznik"),
        ({"alertname": "Cudzy"}, "dzien"),
    ],
)
def test_routes(labels, receiver):
    words = [f"{name}={value}" for name, value in labels.items()]
    command = ["amtool", "config", "routes", "test", f"--config.file={HOME / 'alertmanager.yml'}", *words]
    assert subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip() == receiver


def alert(name, severity="page", **labels):
    return {"alertname": name, "severity": severity, **labels}


def test_a_cause_is_told_and_its_effects_keep_quiet(tmp_path):
    with monitoring(tmp_path / "am", {}, with_prometheus=False, routes=FAST) as running:
        told = running.told
        running.raise_alert(
            alert("HejnalKafkaAway", service="kafka"),
            alert("HejnalServiceDown", service="notifier"),
        )
        until(lambda: {"HejnalKafkaAway", "HejnalServiceDown"} <= told.alerts("firing", "dyzur"))
        running.raise_alert(
            alert("HejnalOutboxStuck", service="kafka"),
            alert("HejnalNotReady", service="ingest", check="cameras"),
            alert("HejnalDeliveriesStuck", service="notifier", channel="sms"),
            alert("HejnalDiskShort", service="recorder"),  # has nothing to do with either
            alert("HejnalWatchdog", "watchdog", service="monitoring"),
        )
        until(lambda: {"HejnalDiskShort", "HejnalWatchdog"} <= told.alerts())
        assert told.alerts("firing", "dyzur") == {"HejnalKafkaAway", "HejnalServiceDown", "HejnalDiskShort"}
        assert told.alerts("firing", "straznik") == {"HejnalWatchdog"}


def test_one_channel_down_does_not_silence_another(tmp_path):
    with monitoring(tmp_path / "am", {}, with_prometheus=False, routes=FAST) as running:
        told = running.told
        running.raise_alert(alert("HejnalChannelDown", service="notifier", channel="sms"))
        until(lambda: told.alerts("firing", "dyzur"))
        running.raise_alert(
            alert("HejnalDeliveriesStuck", service="notifier", channel="sms"),
            alert("HejnalDeliveriesStuck", service="notifier", channel="email"),
        )
        until(lambda: "HejnalDeliveriesStuck" in told.alerts())
        stuck = [one for group in told.groups for one in group["alerts"] if one["labels"]["alertname"] == "HejnalDeliveriesStuck"]
        assert {one["labels"]["channel"] for one in stuck} == {"email"}


def test_what_belongs_together_is_one_message(tmp_path):
    with monitoring(tmp_path / "am", {}, with_prometheus=False, routes={"group_wait": "1s", "group_interval": "1s"}) as running:
        running.raise_alert(*(alert("HejnalCameraGroupDark", service="ingest", camera_group=name) for name in "abc"))
        until(lambda: running.told.groups)
        assert len(running.told.groups[0]["alerts"]) == 3
