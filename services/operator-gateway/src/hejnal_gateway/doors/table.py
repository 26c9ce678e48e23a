"""Every request that may pass through this door to another service. What is not listed here does not exist outside."""

from dataclasses import dataclass
from typing import Literal

from hejnal_gateway.accounts.roles import (
    ANSWER_REPORTS,
    PLAY_BACK,
    READ_ANNOUNCEMENTS,
    READ_REPORTS,
    SEE_TIMELINE,
    SEE_TOWN,
    WRITE_ANNOUNCEMENTS,
    Role,
)

Upstream = Literal["recorder", "citizen-api"]
PREFIX: dict[Upstream, tuple[str, str]] = {
    "recorder": ("/api/v1/archive", "/internal/v1"),
    "citizen-api": ("/api/v1/town", "/staff/v1"),
}


@dataclass(frozen=True, slots=True)
class Door:
    """One method and path pattern, who may use it, and what it leaves in the audit log."""

    upstream: Upstream
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    roles: frozenset[Role]
    summary: str
    audit: str | None = None
    """Action of the audit fact; None where looking needs no record (nothing personal)."""
    upstream_records: bool = False
    """The upstream records what it did in the transaction of the act; here only what did not come to pass is added."""

    @property
    def outside(self) -> str:
        """The path at this door."""
        return PREFIX[self.upstream][0] + self.path


def _archive(path: str, roles: frozenset[Role], summary: str, audit: str | None = None) -> Door:
    return Door("recorder", "GET", path, roles, summary, audit)


def _town(
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"],
    path: str,
    roles: frozenset[Role],
    summary: str,
    audit: str | None = None,
) -> Door:
    return Door("citizen-api", method, path, roles, summary, audit, upstream_records=method != "GET")


DOORS: tuple[Door, ...] = (
    _archive("/cameras/{camera_id}/timeline", SEE_TIMELINE, "What is recorded of a camera, and why the rest is not"),
    _archive("/cameras/{camera_id}/playlist.m3u8", PLAY_BACK, "HLS playlist of recorded footage", "footage.playback"),
    _archive("/segments/{segment_id}/media", PLAY_BACK, "Bytes of a segment (Range)", "footage.segment"),
    _town("GET", "/reports", READ_REPORTS, "Residents' reports"),
    _town("GET", "/reports/{report_id}", READ_REPORTS, "One report with its text and photos", "report.viewed"),
    _town("GET", "/reports/{report_id}/photos/{photo_id}", READ_REPORTS, "A photo of a report"),
    _town("POST", "/reports/{report_id}/answers", ANSWER_REPORTS, "Answer or close a report", "report.answered"),
    _town("PUT", "/reports/{report_id}/unit", ANSWER_REPORTS, "Make a unit of the town responsible", "report.routed"),
    _town("GET", "/announcements", READ_ANNOUNCEMENTS, "Announcements"),
    _town("POST", "/announcements", WRITE_ANNOUNCEMENTS, "Issue an announcement", "announcement.issued"),
    _town("POST", "/announcements/preview", WRITE_ANNOUNCEMENTS, "Whom an announcement would reach, and what it costs"),
    _town("GET", "/announcements/{announcement_id}", READ_ANNOUNCEMENTS, "One announcement with its versions"),
    _town("PUT", "/announcements/{announcement_id}", WRITE_ANNOUNCEMENTS, "Correct an announcement", "announcement.updated"),
    _town(
        "POST",
        "/announcements/{announcement_id}/cancellation",
        WRITE_ANNOUNCEMENTS,
        "Call an announcement off",
        "announcement.cancelled",
    ),
    _town("GET", "/announcements/{announcement_id}/progress", READ_ANNOUNCEMENTS, "How far its sending is"),
    _town("GET", "/town", SEE_TOWN, "The town: name, bounds, categories"),
    _town("GET", "/streets", SEE_TOWN, "Search streets"),
    _town("GET", "/addresses", SEE_TOWN, "Search addresses"),
)
