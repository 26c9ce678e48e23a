"""A panel in few words, and how it becomes Grafana's own model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models

Panel = stat.Panel | timeseries.Panel
SOURCE = models.DataSourceRef(type_val="prometheus", uid="${zrodlo}")
HEIGHT = 8
STAT_HEIGHT = 5
_ZERO = " or vector(0)"


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL and how its lines are called (`{{label}}` is filled in by Grafana).

    What ends in `or vector(0)` shows a 0 where there is nothing to show, and only there.
    """

    expr: str
    legend: str = ""


def number(
    title: str,
    expr: str,
    description: str,
    *,
    unit: str = "short",
    bad: Literal["above", "below"] = "above",
    limits: tuple[float, float] | None = None,
    span: int = 6,
    decimals: int = 0,
) -> stat.Panel:
    """One large figure; yellow and red from `limits` on (`bad` says on which side)."""
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(unit)
        .decimals(decimals)
        .height(STAT_HEIGHT)
        .span(span)
        .color_mode(common_models.BigValueColorMode.BACKGROUND if limits else common_models.BigValueColorMode.NONE)
        .graph_mode(common_models.BigValueGraphMode.AREA)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .with_target(_target(Query(expr, title), "A"))
    )
    return panel.thresholds(_thresholds(bad, limits)) if limits else panel


def lines(
    title: str,
    queries: Sequence[Query],
    description: str,
    *,
    unit: str = "short",
    span: int = 12,
    stacked: bool = False,
    limit: float | None = None,
) -> timeseries.Panel:
    """Lines over time; `limit` draws where an alert begins."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(unit)
        .min(0)
        .height(HEIGHT)
        .span(span)
        .fill_opacity(30 if stacked else 8)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .placement(common_models.LegendPlacement.BOTTOM)
            .display_mode(common_models.LegendDisplayMode.LIST)
        )
        .tooltip(common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI))
    )
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(common_models.StackingMode.NORMAL))
    if limit is not None:
        panel = panel.thresholds(_thresholds("above", (limit, limit))).thresholds_style(
            common.GraphThresholdsStyleConfig().mode(common_models.GraphThresholdsStyleMode.DASHED)
        )
    for ref_id, query in zip("ABCDEFGH", queries, strict=False):
        panel = panel.with_target(_target(query, ref_id))
    return panel


def board(uid: str, title: str, description: str, panels: Sequence[Panel], *, span: str = "now-6h") -> models.Dashboard:
    """A dashboard of ours: Polish, read by whoever may see it, its data source chosen at the top."""
    built = (
        dashboard.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags(["hejnal"])
        .refresh("30s")
        .time(span, "now")
        .timezone("browser")
        .week_start("monday")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .link(dashboard.DashboardLink("Hejnał").type(models.DashboardLinkType.DASHBOARDS).tags(["hejnal"]).keep_time(True))
        .with_variable(dashboard.DatasourceVariable("zrodlo").label("Źródło").type("prometheus"))
    )
    for panel in panels:
        built = built.with_panel(panel)
    made = built.build()
    for place, panel_made in enumerate(made.panels or (), 1):
        panel_made.id_val = place
    return made


def _target(query: Query, ref_id: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(_or_zero(query.expr)).legend_format(query.legend or "__auto").ref_id(ref_id).range()


def _or_zero(expr: str) -> str:
    """A sum by labels and a bare 0 would stand side by side: `or` goes by labels."""
    many = expr.removesuffix(_ZERO)
    return f"({many}) or (vector(0) unless on () ({many}))" if expr.endswith(_ZERO) and " by (" in many else expr


def _thresholds(bad: str, limits: tuple[float, float]) -> dashboard.ThresholdsConfig:
    warn, wrong = limits
    steps = (
        [("green", None), ("yellow", warn), ("red", wrong)]
        if bad == "above"
        else [("red", None), ("yellow", wrong), ("green", warn)]
    )
    return (
        dashboard.ThresholdsConfig()
        .mode(models.ThresholdsMode.ABSOLUTE)
        .steps([models.Threshold(color=color, value=value) for color, value in steps])
    )
