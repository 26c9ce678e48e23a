"""Every panel of every dashboard has something to show in the demo town, asked of a real Prometheus over time; nothing alarms."""

import pytest

from tests.monitoring.boards import panels
from tests.monitoring.servers import monitoring, until
from tests.monitoring.towns import internal_doors

pytestmark = pytest.mark.timeout(900)

SECONDS = 10


@pytest.fixture(scope="module")
def running(town, tmp_path_factory):
    with monitoring(tmp_path_factory.mktemp("monitoring") / "own", internal_doors(town.run), scrape_s=1, evaluate_s=1) as running:
        yield running


def test_every_panel_has_something_to_show_over_time(running):
    asked = panels()
    assert len(asked) > 80
    for _, expr in asked:
        until(lambda expr=expr: running.query(expr), what=expr)
    until(lambda: any(len(one["values"]) > SECONDS / 2 for one in running.over_time("up", SECONDS)))
    empty = [where for where, expr in asked if not running.over_time(expr, SECONDS)]
    assert not empty


def test_what_the_panels_show_is_the_town(running):
    def figure(expr):
        found = running.query(expr)
        return float(found[0]["value"][1]) if found else None

    until(lambda: figure('sum(hejnal_ingest_cameras{condition="live"})') == 6)
    until(lambda: (figure("sum(rate(hejnal_recorder_recorded_seconds_total[30s]))") or 0) > 3, what="footage of six cameras")
    assert figure("sum(up)") == 5
    assert figure("count(hejnal_health_check_ok == 0)") is None


def test_a_town_that_is_well_wakes_nobody(running):
    until(lambda: running.query("hejnal:cameras_expected"))
    until(lambda: not [name for name, labels in running.firing().items() if labels["severity"] == "page"])
