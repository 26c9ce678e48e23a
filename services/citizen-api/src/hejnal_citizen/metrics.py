"""Metrics of citizen-api."""

from prometheus_client import Counter, Gauge

PHOTOS = Counter("hejnal_citizen_photos_total", "Photos by outcome: stored or the reason they were refused", ["outcome"])
REPORTS = Counter("hejnal_citizen_reports_total", "Reports accepted", ["category"])
ANNOUNCEMENTS = Counter("hejnal_citizen_announcement_versions_total", "Announcement versions by kind", ["kind"])
ORPHANS = Counter("hejnal_citizen_photo_orphans_total", "Photo folders without a report that were removed")
BACK_OFFICE = Counter("hejnal_citizen_back_office_total", "Reports at the Open311 back office, by what happened", ["outcome"])
HOUSEKEEPING_AT = Gauge("hejnal_citizen_housekeeping_timestamp_seconds", "When housekeeping last finished")
DRAFTS_WAITING = Gauge("hejnal_citizen_drafts_waiting", "Announcements that wait for a second person's approval")
DRAFT_WAITING_S = Gauge("hejnal_citizen_draft_waiting_seconds", "How long the oldest of them waits")
DRAFTS = Counter("hejnal_citizen_scheduled_drafts_total", "Scheduled drafts by what became of them", ["outcome"])
for _outcome in ("published", "approval_timed_out", "no_longer_valid", "changed_meanwhile", "refused"):
    DRAFTS.labels(_outcome)  # a counter that begins at its first increase hides it from whoever asks for increases
