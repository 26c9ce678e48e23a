"""Every request that may pass through this door to another service. What is not listed here does not exist outside."""

from dataclasses import dataclass
from typing import Literal

from hejnal_gateway.accounts.roles import (
    ANSWER_FOR_PRIVACY,
    ANSWER_REPORTS,
    APPROVE_ANNOUNCEMENTS,
    GIVE_FREE,
    IMPORT_RESIDENTS,
    KEEP_OPEN311,
    KEEP_REPORT_CATEGORIES,
    PLAY_BACK,
    READ_ANNOUNCEMENTS,
    READ_REPORTS,
    SECURE_FOOTAGE,
    SEE_SENDING,
    SEE_TIMELINE,
    SEE_TOWN,
    WORK_ON_CONSULTATIONS,
    WRITE_ANNOUNCEMENTS,
    WRITE_CONSULTATIONS,
    Role,
)

Upstream = Literal["recorder", "citizen-api", "notifier"]
PREFIX: dict[Upstream, tuple[str, str]] = {
    "recorder": ("/api/v1/archive", "/internal/v1"),
    "citizen-api": ("/api/v1/town", "/staff/v1"),
    "notifier": ("/api/v1/messages", "/internal/v1"),
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

    body_bytes: int = 1024 * 1024
    """Largest request body."""

    takes_form: bool = False
    """The body is multipart/form-data, with a file in it."""

    copied: bool = False
    """A standby of the upstream gives the same answer."""

    @property
    def outside(self) -> str:
        """The path at this door."""
        return PREFIX[self.upstream][0] + self.path


def _archive(path: str, roles: frozenset[Role], summary: str, audit: str | None = None) -> Door:
    return Door("recorder", "GET", path, roles, summary, audit)


def _footage(path: str, roles: frozenset[Role], summary: str, audit: str | None = None) -> Door:
    """What every recorder with a copy can answer."""
    return Door("recorder", "GET", path, roles, summary, audit, copied=True)


def _keep(
    method: Literal["POST", "PUT", "DELETE"],
    path: str,
    roles: frozenset[Role],
    summary: str,
    audit: str,
) -> Door:
    return Door("recorder", method, path, roles, summary, audit)


def _town(
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"],
    path: str,
    roles: frozenset[Role],
    summary: str,
    audit: str | None = None,
) -> Door:
    return Door("citizen-api", method, path, roles, summary, audit, upstream_records=method != "GET")


DOORS: tuple[Door, ...] = (
    _footage("/cameras/{camera_id}/timeline", SEE_TIMELINE, "What is recorded of a camera, and why the rest is not"),
    _footage("/cameras/{camera_id}/playlist.m3u8", PLAY_BACK, "HLS playlist of recorded footage", "footage.playback"),
    _footage("/segments/{segment_id}/media", PLAY_BACK, "Bytes of a segment (Range)", "footage.segment"),
    _footage("/segments/{segment_id}/keyframe", PLAY_BACK, "One key frame, for fast playback", "footage.segment"),
    _footage("/cameras/{camera_id}/keyframes", SEE_TIMELINE, "Times of key frames"),
    _footage("/cameras/{camera_id}/thumbnail", PLAY_BACK, "Small picture of an instant, for scrubbing", "footage.thumbnail"),
    _footage("/cameras/{camera_id}/snapshot", PLAY_BACK, "The picture of an instant, exact to the frame", "footage.snapshot"),
    _footage("/cameras/{camera_id}/coverage", SEE_TIMELINE, "What is there, summed up for a time bar of any length"),
    _footage("/cameras/{camera_id}/completeness", SEE_TIMELINE, "How much of a month was recorded, day by day"),
    _footage("/cameras/{camera_id}/events", SEE_TIMELINE, "Motion, tampering, faults"),
    _footage("/cameras/{camera_id}/motion", SEE_TIMELINE, "Where something moves in recorded footage", "footage.search"),
    _archive("/cameras/{camera_id}/bookmarks", SEE_TIMELINE, "Bookmarks of a camera"),
    _keep("POST", "/cameras/{camera_id}/bookmarks", SECURE_FOOTAGE, "Mark footage", "bookmark.made"),
    _archive("/bookmarks/{bookmark_id}", SEE_TIMELINE, "One bookmark"),
    _keep("PUT", "/bookmarks/{bookmark_id}", SECURE_FOOTAGE, "Change a bookmark", "bookmark.changed"),
    _keep("DELETE", "/bookmarks/{bookmark_id}", SECURE_FOOTAGE, "Remove a bookmark", "bookmark.removed"),
    _archive("/holds", SEE_TIMELINE, "What is secured"),
    _keep("POST", "/holds", SECURE_FOOTAGE, "Secure footage", "hold.placed"),
    _archive("/holds/{hold_id}", SEE_TIMELINE, "One hold"),
    _keep("POST", "/holds/{hold_id}/extension", SECURE_FOOTAGE, "Extend a hold", "hold.extended"),
    _keep("POST", "/holds/{hold_id}/release-request", GIVE_FREE, "Ask for a hold's release", "hold.release-requested"),
    _keep("POST", "/holds/{hold_id}/release", GIVE_FREE, "Agree to a hold's release", "hold.released"),
    _archive("/privacy-deletions", GIVE_FREE, "Deletions for the sake of privacy"),
    _keep("POST", "/privacy-deletions", GIVE_FREE, "Ask for a deletion", "privacy-deletion.requested"),
    _archive("/privacy-deletions/{deletion_id}", GIVE_FREE, "One deletion and how far it is"),
    _keep("POST", "/privacy-deletions/{deletion_id}/approval", GIVE_FREE, "Agree to a deletion", "privacy-deletion.approved"),
    _keep("POST", "/privacy-deletions/{deletion_id}/withdrawal", GIVE_FREE, "Withdraw it", "privacy-deletion.withdrawn"),
    _archive("/exports", SECURE_FOOTAGE, "Evidence packages: own ones, for supervisors all"),
    _keep("POST", "/exports", SECURE_FOOTAGE, "Ask for an evidence package", "footage.export"),
    _archive("/exports/{export_id}", SECURE_FOOTAGE, "One evidence package and how far it is"),
    _keep("POST", "/exports/{export_id}/decision", GIVE_FREE, "Approve or reject an export", "footage.export-decided"),
    _keep("POST", "/exports/{export_id}/cancellation", SECURE_FOOTAGE, "Cancel an export", "footage.export-cancelled"),
    _archive("/exports/{export_id}/package", SECURE_FOOTAGE, "Bytes of an evidence package (Range)", "footage.export-fetched"),
    _archive("/storage", SEE_TIMELINE, "The archive's disk and its forecast"),
    _town("GET", "/reports", READ_REPORTS, "Residents' reports"),
    _town("GET", "/reports/{report_id}", READ_REPORTS, "One report with its text and photos", "report.viewed"),
    _town("GET", "/reports/{report_id}/photos/{photo_id}", READ_REPORTS, "A photo of a report"),
    _town("POST", "/reports/{report_id}/answers", ANSWER_REPORTS, "Answer or close a report", "report.answered"),
    _town("PUT", "/reports/{report_id}/unit", ANSWER_REPORTS, "Make a unit of the town responsible", "report.routed"),
    _town("POST", "/reports/{report_id}/messages", ANSWER_REPORTS, "Write to the reporter alone", "report.message-sent"),
    _town("POST", "/reports/{report_id}/moderation", ANSWER_REPORTS, "Show or hide text and photos", "report.moderated"),
    _town("PUT", "/reports/{report_id}/photos/{photo_id}/blur", ANSWER_REPORTS, "Blur parts of a photo", "report.photo-blur"),
    _town("POST", "/reports/{report_id}/merge", ANSWER_REPORTS, "Close a report as a duplicate", "report.merged"),
    _town("GET", "/report-categories", READ_REPORTS, "Categories of reports with questions and routing"),
    _town("POST", "/report-categories", KEEP_REPORT_CATEGORIES, "Add a category of reports", "report-category.created"),
    _town("PUT", "/report-categories/{code}", KEEP_REPORT_CATEGORIES, "Change a category of reports", "report-category.changed"),
    _town("GET", "/open311-keys", KEEP_OPEN311, "Keys of other programs (Open311)"),
    _town("POST", "/open311-keys", KEEP_OPEN311, "Let another program in", "api-key.created"),
    _town("DELETE", "/open311-keys/{key_id}", KEEP_OPEN311, "Shut another program out", "api-key.revoked"),
    _town("GET", "/open311-back-office", KEEP_OPEN311, "The back office that gets reports"),
    _town("PUT", "/open311-back-office", KEEP_OPEN311, "Say which back office gets reports", "back-office.changed"),
    _town("GET", "/announcements", READ_ANNOUNCEMENTS, "Announcements"),
    _town("POST", "/announcements", WRITE_ANNOUNCEMENTS, "Issue an announcement", "announcement.issued"),
    _town("POST", "/announcements/preview", APPROVE_ANNOUNCEMENTS, "Whom an announcement would reach, and what it costs"),
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
    _town("GET", "/consultations", WORK_ON_CONSULTATIONS, "Consultations with drafts"),
    _town("POST", "/consultations", WRITE_CONSULTATIONS, "Draft a consultation", "consultation.drafted"),
    _town("GET", "/consultations/{consultation_id}", WORK_ON_CONSULTATIONS, "One consultation"),
    _town("PUT", "/consultations/{consultation_id}", WRITE_CONSULTATIONS, "Change a consultation", "consultation.changed"),
    _town("POST", "/consultations/{consultation_id}/opening", WRITE_CONSULTATIONS, "Show it to all", "consultation.opened"),
    _town("POST", "/consultations/{consultation_id}/closure", WRITE_CONSULTATIONS, "End it for good", "consultation.closed"),
    _town("GET", "/consultations/{consultation_id}/result", WORK_ON_CONSULTATIONS, "The result as it stands"),
    _town("GET", "/consultations/{consultation_id}/opinions", WORK_ON_CONSULTATIONS, "Opinions with what became of them"),
    _town(
        "POST",
        "/consultations/{consultation_id}/opinions/{opinion_id}/moderation",
        WORK_ON_CONSULTATIONS,
        "Show or hide an opinion",
        "opinion.moderated",
    ),
    _town(
        "POST",
        "/consultations/{consultation_id}/paper-entries",
        WORK_ON_CONSULTATIONS,
        "Type in a form on paper",
        "consultation.paper-entered",
    ),
    _town("POST", "/resident-imports", IMPORT_RESIDENTS, "Import phone numbers with consent (CSV)", "resident-import.taken-in"),
    _town("GET", "/resident-imports/{import_id}", IMPORT_RESIDENTS, "How far an import is, and its report"),
    _town("GET", "/residents", ANSWER_FOR_PRIVACY, "Who has a contact, with the consents", "resident.looked-up"),
    _town("DELETE", "/residents/{resident_id}", ANSWER_FOR_PRIVACY, "Erase a person's data", "resident.erased"),
    _town("GET", "/footage-requests", ANSWER_FOR_PRIVACY, "Requests for one's own footage"),
    _town("GET", "/footage-requests/{request_id}", ANSWER_FOR_PRIVACY, "One request with who asks", "footage-request.viewed"),
    _town(
        "POST",
        "/footage-requests/{request_id}/identity-check",
        ANSWER_FOR_PRIVACY,
        "Note who is asking",
        "footage-request.identity-confirmed",
    ),
    _town("POST", "/footage-requests/{request_id}/hand-over", ANSWER_FOR_PRIVACY, "Name hold, export", "footage-request.secured"),
    _town("POST", "/footage-requests/{request_id}/extension", ANSWER_FOR_PRIVACY, "Two months more", "footage-request.extended"),
    _town("POST", "/footage-requests/{request_id}/answer", ANSWER_FOR_PRIVACY, "Answer for good", "footage-request.answered"),
    _town("GET", "/announcement-drafts", READ_ANNOUNCEMENTS, "Drafts of announcements"),
    _town("POST", "/announcement-drafts", WRITE_ANNOUNCEMENTS, "Keep a draft", "announcement-draft.created"),
    _town("GET", "/announcement-drafts/{draft_id}", READ_ANNOUNCEMENTS, "One draft"),
    _town("PUT", "/announcement-drafts/{draft_id}", WRITE_ANNOUNCEMENTS, "Change a draft", "announcement-draft.changed"),
    _town("DELETE", "/announcement-drafts/{draft_id}", WRITE_ANNOUNCEMENTS, "Delete a draft", "announcement-draft.deleted"),
    _town(
        "POST",
        "/announcement-drafts/{draft_id}/submission",
        WRITE_ANNOUNCEMENTS,
        "Publish or schedule a draft, or ask for approval",
        "announcement-draft.submitted",
    ),
    _town(
        "POST",
        "/announcement-drafts/{draft_id}/approval",
        APPROVE_ANNOUNCEMENTS,
        "Agree to somebody else's draft",
        "announcement-draft.approved",
    ),
    _town(
        "POST",
        "/announcement-drafts/{draft_id}/rejection",
        APPROVE_ANNOUNCEMENTS,
        "Refuse somebody else's draft",
        "announcement-draft.rejected",
    ),
    _town(
        "POST",
        "/announcement-drafts/{draft_id}/withdrawal",
        WRITE_ANNOUNCEMENTS,
        "Take a draft back",
        "announcement-draft.withdrawn",
    ),
    _town("GET", "/announcement-templates", READ_ANNOUNCEMENTS, "Templates of announcements"),
    _town("POST", "/announcement-templates", WRITE_ANNOUNCEMENTS, "Keep a template", "announcement-template.created"),
    _town(
        "PUT", "/announcement-templates/{template_id}", WRITE_ANNOUNCEMENTS, "Change a template", "announcement-template.changed"
    ),
    _town(
        "DELETE",
        "/announcement-templates/{template_id}",
        WRITE_ANNOUNCEMENTS,
        "Delete a template",
        "announcement-template.deleted",
    ),
    _town("GET", "/announcement-categories", READ_ANNOUNCEMENTS, "Categories of announcements, archived ones too"),
    _town("POST", "/announcement-categories", WRITE_ANNOUNCEMENTS, "Add a category", "announcement-category.created"),
    _town("PUT", "/announcement-categories/{code}", WRITE_ANNOUNCEMENTS, "Change a category", "announcement-category.changed"),
    Door(
        "citizen-api",
        "POST",
        "/attachments",
        WRITE_ANNOUNCEMENTS,
        "Attach a picture or PDF",
        "attachment.added",
        upstream_records=True,
        body_bytes=8 * 1024 * 1024,
        takes_form=True,
    ),
    _town("GET", "/attachments/{attachment_id}", READ_ANNOUNCEMENTS, "An attached picture or PDF"),
    Door("notifier", "GET", "/providers", SEE_SENDING, "How the providers of messages do, and what waits"),
    Door(
        "notifier", "GET", "/message-templates", SEE_SENDING, "The town's own words around messages, and what they may be made of"
    ),
    Door("notifier", "GET", "/message-templates/{channel}/{language}/history", SEE_SENDING, "Every version of a template"),
    Door(
        "notifier",
        "PUT",
        "/message-templates/{channel}/{language}",
        WRITE_ANNOUNCEMENTS,
        "Change the words around messages",
        "message-template.changed",
    ),
    Door(
        "notifier",
        "POST",
        "/message-templates/{channel}/{language}/return",
        WRITE_ANNOUNCEMENTS,
        "Go back to the built-in words",
        "message-template.returned",
    ),
    Door("notifier", "POST", "/message-templates/preview", SEE_SENDING, "What a message looks like on a channel"),
    Door("notifier", "GET", "/statements/{month}", SEE_SENDING, "What a month's messages were, and what they cost"),
    Door("notifier", "GET", "/inbound-messages", READ_REPORTS, "SMS that residents sent", "inbound-sms.viewed"),
    _town("GET", "/town", SEE_TOWN, "The town: name, bounds, categories"),
    _town("GET", "/streets", SEE_TOWN, "Search streets"),
    _town("GET", "/addresses", SEE_TOWN, "Search addresses"),
)
