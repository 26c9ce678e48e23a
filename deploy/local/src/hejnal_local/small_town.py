"""A town small enough to read, for tests: six by seven kilometres and one house."""

from typing import Any

SMALL_TOWN: dict[str, Any] = {
    "name": "Bugielsk",
    "teryt": "2611999",
    "center": {"lat": 51.05, "lon": 20.95},
    "boundary": {
        "type": "Polygon",
        "coordinates": [[[20.90, 51.02], [21.00, 51.02], [21.00, 51.08], [20.90, 51.08], [20.90, 51.02]]],
    },
    "streets": [{"name": "Polna", "district": "Centrum"}],
    "addresses": [{"street": "Polna", "number": "3", "lat": 51.0500, "lon": 20.9500, "postcode": "27-200"}],
    "places": [],
}
"""The file that `import-town` takes."""
