"""Grafana dashboards for the town's IT specialist, as code."""

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from hejnal_monitoring.dashboards.cameras import cameras, recordings
from hejnal_monitoring.dashboards.overview import overview
from hejnal_monitoring.dashboards.service import live, messages, promises, warnings


def dashboards() -> dict[str, str]:
    """Every dashboard by its uid, as the JSON text that Grafana imports."""
    made = [make() for make in (overview, cameras, recordings, live, warnings, messages, promises)]
    return {str(one.uid): JSONEncoder(indent=1, sort_keys=True).encode(one) + "\n" for one in made}
