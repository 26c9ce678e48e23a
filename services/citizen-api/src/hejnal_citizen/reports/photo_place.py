"""Where and when a photo says it was taken (EXIF 2.32, GPS attributes). Runs in the photos' own process; nothing is decoded."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image

GPS_IFD, EXIF_IFD = 0x8825, 0x8769
LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE = 1, 2, 3, 4
GPS_TIME, GPS_DATE = 7, 29
TAKEN, TAKEN_OFFSET = 0x9003, 0x9011
_BROKEN = (OSError, SyntaxError, ValueError, KeyError, TypeError, ZeroDivisionError, OverflowError)


def place_of(source: Path, formats: tuple[str, ...]) -> dict[str, Any]:
    """`lat`, `lon` in degrees (None: no place) and `taken_at` (ISO 8601, None: no time, or one without offset)."""
    with Image.open(source, formats=formats) as image:
        exif = image.getexif()
        gps, shot = exif.get_ifd(GPS_IFD), exif.get_ifd(EXIF_IFD)
    place = _place(gps)
    return {"lat": place[0] if place else None, "lon": place[1] if place else None, "taken_at": _taken_at(gps, shot)}


def _place(gps: dict[int, Any]) -> tuple[float, float] | None:
    try:
        lat = _degrees(gps[LATITUDE]) * (-1 if str(gps[LATITUDE_REF]).upper().startswith("S") else 1)
        lon = _degrees(gps[LONGITUDE]) * (-1 if str(gps[LONGITUDE_REF]).upper().startswith("W") else 1)
    except _BROKEN:
        return None
    on_earth = -90 <= lat <= 90 and -180 <= lon <= 180
    return (round(lat, 6), round(lon, 6)) if on_earth and (lat, lon) != (0.0, 0.0) else None


def _degrees(parts: Any) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return degrees + minutes / 60 + seconds / 3600


def _taken_at(gps: dict[int, Any], shot: dict[int, Any]) -> str | None:
    try:
        return datetime.strptime(f"{shot[TAKEN]}{shot[TAKEN_OFFSET]}", "%Y:%m:%d %H:%M:%S%z").isoformat()
    except _BROKEN:
        pass
    try:
        hour, minute, second = (int(float(part)) for part in gps[GPS_TIME])
        day = datetime.strptime(str(gps[GPS_DATE]), "%Y:%m:%d").replace(tzinfo=UTC)
        return day.replace(hour=hour, minute=minute, second=second).isoformat()
    except _BROKEN:
        return None
