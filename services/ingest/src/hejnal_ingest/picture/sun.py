"""Is it day where the camera stands? Pure."""

import math
from datetime import UTC, datetime

_EPOCH_2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)


def sun_elevation_deg(lat: float, lon: float, at: datetime) -> float:
    """Height of the sun over the horizon, within half a degree (Astronomical Almanac, low-precision formulas)."""
    days = (at - _EPOCH_2000).total_seconds() / 86_400
    anomaly = math.radians((357.529 + 0.98560028 * days) % 360)
    mean_longitude = (280.459 + 0.98564736 * days) % 360
    longitude = math.radians(mean_longitude + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    tilt = math.radians(23.439 - 3.6e-7 * days)
    declination = math.asin(math.sin(tilt) * math.sin(longitude))
    ascension = math.degrees(math.atan2(math.cos(tilt) * math.sin(longitude), math.cos(longitude)))
    sidereal = (280.46061837 + 360.98564736629 * days) % 360
    hour_angle = math.radians((sidereal + lon - ascension) % 360)
    phi = math.radians(lat)
    return math.degrees(
        math.asin(math.sin(phi) * math.sin(declination) + math.cos(phi) * math.cos(declination) * math.cos(hour_angle))
    )
