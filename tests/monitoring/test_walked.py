"""Every alert is either walked or said to be shown by promtool alone, and the list of the runbooks says the same."""

import re

from hejnal_monitoring.servers import HOME

from .walked import rows, walked
from .walks import BY_PROMTOOL, GUARD, WALKS


def all_alerts():
    return {name for path in (HOME / "alerts").glob("*.yml") for name in re.findall(r"alert: (\w+)", path.read_text())}


def test_every_alert_is_walked_or_it_is_said_why_not():
    assert set(walked()) | set(BY_PROMTOOL) == all_alerts()
    assert not set(walked()) & set(BY_PROMTOOL)
    of_walks = [alert for walk in WALKS for alert in walk.alerts] + [GUARD[0]]
    assert len(of_walks) == len(set(of_walks))


def test_the_list_of_the_runbooks_says_what_is_walked_and_how_long_it_took():
    told = rows()
    assert list(told) == [*walked(), *BY_PROMTOOL], "run `python -m tests.monitoring.walked`"
    for name, words in walked().items():
        assert told[name][0] == words
        assert all(re.fullmatch(r"\d+ s", time) for time in told[name][1:]), f"{name} has never been walked to its end"
    for name, why in BY_PROMTOOL.items():
        assert told[name] == (f"tylko promtool: {why}", "–", "–")


def test_only_what_wakes_somebody_is_waited_for():
    for walk in WALKS:
        assert set(walk.told or ()) <= set(walk.alerts), walk.name
