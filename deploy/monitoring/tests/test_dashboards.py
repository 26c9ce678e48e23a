"""Dashboards: Grafana's model takes them, they lie well, they ask for what exists, and every panel explains itself."""

import itertools
import re

import pytest
from grafana_foundation_sdk.models.dashboard import Dashboard
from monitoring_files import HOME, OF_PROMETHEUS, asked_for, catalogue, dashboards

BOARDS = dashboards()


@pytest.mark.parametrize("name", BOARDS)
def test_grafanas_own_model_takes_it(name):
    read = Dashboard.from_json(BOARDS[name])
    assert read.uid == name
    assert read.title
    assert read.title.startswith("Hejnał: ")
    assert read.description


@pytest.mark.parametrize("name", BOARDS)
def test_panels_lie_beside_each_other_within_the_width(name):
    panels = BOARDS[name]["panels"]
    ids = [panel["id"] for panel in panels]
    assert len(ids) == len(set(ids))
    boxes = [(panel["title"], panel["gridPos"]) for panel in panels]
    for (first, a), (second, b) in itertools.combinations(boxes, 2):
        apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"] or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert apart, f"{first} lies over {second}"
    assert all(box["x"] + box["w"] <= 24 for _, box in boxes)


@pytest.mark.parametrize("name", BOARDS)
def test_panels_explain_themselves_and_ask_for_what_exists(name):
    source = {"type": "prometheus", "uid": "${zrodlo}"}
    assert [one["name"] for one in BOARDS[name]["templating"]["list"]] == ["zrodlo"]
    for panel in BOARDS[name]["panels"]:
        assert panel["title"]
        assert len(panel["description"]) > 10, panel["title"]
        assert panel["datasource"] == source
        assert panel["targets"]
        for target in panel["targets"]:
            assert asked_for(target["expr"]), target["expr"]
            assert asked_for(target["expr"]) <= catalogue() | OF_PROMETHEUS
            for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                assert re.search(rf"by \([^)]*\b{label}\b", target["expr"]), f"{label} is not left in {target['expr']}"


def test_titles_and_places_are_used_once():
    titles = [board["title"] for board in BOARDS.values()]
    assert len(titles) == len(set(titles)) == 7
    for board in BOARDS.values():
        panels = [panel["title"] for panel in board["panels"]]
        assert len(panels) == len(set(panels))
    assert all(path.stat().st_size < 60_000 for path in (HOME / "dashboards").iterdir())
