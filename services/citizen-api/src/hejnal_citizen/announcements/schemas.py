"""Announcements as residents and staff see them."""

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from hejnal_citizen.schema import Input, Output
from hejnal_contracts.announcements import Area, Text, TownArea
from hejnal_contracts.base import Channel, Language, Severity

VersionKind = Literal["issued", "updated", "cancelled"]
State = Literal["active", "upcoming", "past", "cancelled"]
Origin = Literal["written", "machine", "machine_checked"]
"""Where a text comes from. A machine's text is sent only when a person has read it, and residents are told."""

MOST_ATTACHMENTS = 5


class Attachment(Output):
    """A picture or PDF that belongs to an announcement."""

    id: str
    media_type: Literal["image/jpeg", "application/pdf"]
    name: str = Field(description="File name to save it under")
    description: str = Field(description="What it shows, for those who cannot see it")
    size_bytes: int
    width: int | None = Field(description="Pixels; null for a PDF")
    height: int | None
    pages: int | None = Field(description="Null for a picture")


class AnnouncementSummary(Output):
    """An announcement in its newest version."""

    id: str
    version: int
    kind: VersionKind = Field(description="What the newest version is")
    state: State
    category: str
    severity: Severity
    texts: dict[Language, Text]
    origins: dict[Language, Origin] = Field(default={}, description="Languages whose text was not simply written by a person")
    area: Area
    center: tuple[float, float] | None = Field(description="A point inside the area: longitude, latitude")
    valid_from: AwareDatetime
    valid_until: AwareDatetime
    drill: bool
    issued_at: AwareDatetime = Field(description="When the first version was issued")
    updated_at: AwareDatetime = Field(description="When the newest version was issued")


class AnnouncementPage(Output):
    """Active ones first, then upcoming, then past and cancelled; newest first within each."""

    items: list[AnnouncementSummary]
    next_cursor: str | None


class AnnouncementVersionView(Output):
    """One version of the history."""

    version: int
    kind: VersionKind
    category: str
    severity: Severity
    texts: dict[Language, Text]
    area: Area
    valid_from: AwareDatetime
    valid_until: AwareDatetime
    issued_at: AwareDatetime


class AnnouncementDetail(AnnouncementSummary):
    """An announcement with its area drawn and its history."""

    geometry: dict[str, Any] | None = Field(description="GeoJSON of the newest version's area")
    history: list[AnnouncementVersionView] = Field(description="All versions, newest first")
    attachments: list[Attachment] = Field(default=[])


class Feature(Output):
    """GeoJSON feature (RFC 7946)."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: dict[str, Any] | None
    properties: dict[str, Any]


class FeatureCollection(Output):
    """GeoJSON feature collection (RFC 7946)."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Feature]


class Draft(Input):
    """What is to be announced: everything of a version but its place in the history."""

    category: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")
    severity: Severity
    texts: dict[Language, Text] = Field(min_length=1, description="pl is required")
    area: Area = TownArea()
    valid_from: AwareDatetime | None = Field(default=None, description="Null: from now")
    valid_until: AwareDatetime
    channels: tuple[Channel, ...] = Field(min_length=1, description="Channels the town pays for and allows")
    drill: bool = False
    attachments: tuple[str, ...] = Field(default=(), max_length=MOST_ATTACHMENTS, description="Ids of POST /attachments")
    origins: dict[Language, Origin] = Field(
        default={}, description="Per language; `machine` is refused until a person has read it: then `machine_checked`"
    )


class Issue(Draft):
    """Issue a first version."""


class Update(Draft):
    """Replace the current version; it goes to everyone told before and to new matches."""

    expected_version: int = Field(ge=1, description="The version that was looked at; 409 when somebody was faster")


class Cancellation(Input):
    """All-clear or withdrawal; goes to everyone who was told before, on the same channels."""

    expected_version: int = Field(ge=1, description="The version that was looked at; 409 when somebody was faster")
    texts: dict[Language, Text] = Field(min_length=1, description="pl is required")


class PreviewRequest(Draft):
    """What would be announced; for a correction, of which announcement."""

    updates: str | None = Field(default=None, max_length=64, description="The announcement this would be a new version of")


class ChannelReach(Output):
    """How many people one channel would reach."""

    channel: Channel
    recipients: int
    sms_parts: int | None = Field(default=None, description="Sum over recipients; SMS only; null also where `worded` is false")
    cost_pln: float | None = Field(default=None, description="SMS only; null also where `worded` is false")
    off: bool = Field(default=False, description="The town has no provider for this channel: nothing would be sent on it")
    with_push: int | None = Field(
        default=None,
        description="SMS only: recipients with a push device. Where the town sends push first (by default in all but "
        "emergencies) they get the SMS only if no device has shown the message within two minutes",
    )


class SmsWording(Output):
    """What one language's SMS looks like."""

    language: Language
    text: str = Field(description="As it is sent: with the marks, transliterated where the town sends no diacritics, shortened")
    encoding: Literal["gsm-7", "ucs-2"]
    characters: int = Field(description="Septets (GSM-7) or UTF-16 units (UCS-2)")
    parts: int
    recipients: int
    cost_pln: float = 0
    written: str = Field(default="", description="Before it was transliterated and shortened")
    unrepresentable: list[str] = Field(
        default=[], description="Characters GSM-7 does not have: replaced, or the reason why the message costs more"
    )
    shortened: bool = Field(default=False, description="The end does not fit and is not sent")


class Wording(Output):
    """What one language's message says on one channel."""

    channel: Channel
    language: Language
    title: str = Field(description="Subject or heading; empty for SMS")
    text: str
    recipients: int


class SmsBudgetView(Output):
    """The month's SMS budget as notifier keeps it."""

    limit_pln: float | None = Field(description="Null: none is set")
    spent_pln: float
    left_pln: float | None
    enough: bool = Field(description="False: notifier would hold these SMS back (an emergency passes)")


ApprovalReason = Literal["emergency", "cost"]


class Preview(Output):
    """What would happen if this were sent now."""

    people: int = Field(description="Residents reached on at least one channel")
    channels: list[ChannelReach]
    organisations: list[str] = Field(
        default=[],
        description="Names of those that get it by webhook besides (a hospital, a school), whatever the channels; they count "
        "in the progress, not in `people`. Empty where `worded` is false",
    )
    worded: bool = Field(
        default=True, description="False: notifier does not answer, so what would be said and what it costs is not known now"
    )
    sms: list[SmsWording] = Field(description="Empty where `worded` is false")
    wordings: list[Wording] = Field(
        default=[], description="Push and e-mail in every language, as they are sent; empty where `worded` is false"
    )
    cost_pln: float | None = Field(description="Null: not known now, see `worded`")
    budget: SmsBudgetView | None = Field(default=None, description="Null: notifier does not answer, or no SMS would be sent")
    approval_needed: list[ApprovalReason] = Field(
        default=[],
        description="Why somebody else must agree: submit it as a draft. Empty: nobody need. Where `worded` is false, `cost` "
        "is judged by the most that the SMS can cost",
    )
    geometry: dict[str, Any] | None = Field(description="GeoJSON of the area")
    addresses: int = Field(description="Known address points inside the area")


class ChannelProgress(Output):
    """Deliveries of one channel by state."""

    channel: Channel
    queued: int
    sent: int
    delivered: int
    failed: int
    expired: int
    cancelled: int
    unknown: int
    waiting_for_push: int = Field(default=0, description="Of `queued`: SMS that go only where no push was shown in time")
    spared_by_push: int = Field(default=0, description="Of `cancelled`: SMS that a shown push has made needless")
    causes: dict[str, int] = Field(default={}, description="Of `failed` and `expired`: how many by cause")
    pace_s: list[float | None] | None = Field(
        default=None, description="Seconds until 50, 95 and 99 % were handed over; null: not reached"
    )


class VersionProgress(Output):
    """How one version fares on its way to people."""

    version: int
    finished: bool
    at: AwareDatetime
    channels: list[ChannelProgress]


class StaffVersionView(AnnouncementVersionView):
    """A version with who issued it and where it was sent."""

    channels: list[Channel]
    drill: bool
    issued_by: str
    origins: dict[Language, Origin] = Field(default={})


class StaffAnnouncementSummary(AnnouncementSummary):
    """An announcement in the staff's list."""

    channels: list[Channel]
    issued_by: str
    progress: list[VersionProgress] = Field(description="Of the newest version; empty until the first news of it")


class StaffAnnouncementPage(Output):
    """Active ones first, then upcoming, then past and cancelled."""

    items: list[StaffAnnouncementSummary]
    next_cursor: str | None


class StaffAnnouncementDetail(StaffAnnouncementSummary):
    """An announcement with everything staff may know of it."""

    geometry: dict[str, Any] | None
    history: list[StaffVersionView]
    page_url: str
    attachments: list[Attachment] = Field(default=[])
