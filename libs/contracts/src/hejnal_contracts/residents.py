"""What residents want to be told, and what they tell the town."""

from datetime import time
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from hejnal_contracts.announcements import Area, Footprint
from hejnal_contracts.base import Channel, Fact, Id, Instant, Language, Model, Point, Severity


class PushKeys(Model):
    """Keys of a Web Push subscription (RFC 8291), base64url."""

    p256dh: str
    auth: str
    server_key: str | None = Field(
        default=None,
        description="The town's key the subscription was made with (applicationServerKey, RFC 8292): only it may sign for it. "
        "None: made before keys were told, with the oldest",
    )


class ContactPoint(Model):
    """A verified way to reach one resident, with the consent it rests on."""

    contact_id: Id
    channel: Channel
    address: str = Field(description="E.164 number, e-mail address or push endpoint")
    push_keys: PushKeys | None = None
    verified_at: Instant
    consent_id: Id
    unsubscribe_url: str = Field(
        default="", description="Opaque one-click address (RFC 8058): POST withdraws this contact at once, GET shows a page"
    )


class SubscriptionFilter(Model):
    """One wish: these categories, from this severity on, here, on these channels."""

    categories: tuple[str, ...] = Field(min_length=1)
    min_severity: Severity = Severity.INFO
    area: Area | None = Field(default=None, description="None: anywhere in the town")
    footprint: Footprint = ()
    channels: tuple[Channel, ...] = Field(min_length=1)


class QuietHours(Model):
    """Local time (Europe/Warsaw) in which only emergencies may disturb."""

    starts: time
    ends: time


class Digest(Model):
    """What is not urgent comes by e-mail and push as one message, at this local time (Europe/Warsaw)."""

    every: Literal["day", "week"] = "day"
    at: time
    weekday: int = Field(default=1, ge=1, le=7, description="1 Monday … 7 Sunday; for every week")
    up_to: Literal[Severity.INFO, Severity.NOTICE] = Field(
        default=Severity.INFO, description="Severities up to this one wait for the digest"
    )


class SubscriptionChanged(Fact):
    """The whole current subscription of one resident; a tombstone (null value) means erased."""

    TYPE: ClassVar[str] = "subscription.changed.v1"

    resident_id: Id
    version: int = Field(ge=1)
    language: Language = Language.PL
    contacts: tuple[ContactPoint, ...] = ()
    filters: tuple[SubscriptionFilter, ...] = ()
    quiet_hours: QuietHours | None = None
    digest: Digest | None = None
    paused_until: Instant | None = None
    changed_at: Instant


class ReportSubmitted(Fact):
    """A resident's report has been accepted. Its text and photos stay with citizen-api."""

    TYPE: ClassVar[str] = "report.submitted.v1"

    report_id: Id
    reference: str = Field(description="What people say on the phone, e.g. Z-2026-00042")
    category: str
    urgent: bool = False
    place: Point
    address: str = ""
    photos: int = Field(default=0, ge=0, le=6)
    submitted_at: Instant


class ReportRouted(Fact):
    """A unit of the town was made responsible for a report."""

    TYPE: ClassVar[str] = "report.routed.v1"

    report_id: Id
    unit: str
    at: Instant


class ReportAnswered(Fact):
    """The town answered or moved the report on."""

    TYPE: ClassVar[str] = "report.answered.v1"

    report_id: Id
    resident_id: Id | None = None
    status: Literal["received", "in_progress", "planned"]
    answer: str = ""
    at: Instant


class ReportClosed(Fact):
    """The report is over, with its outcome."""

    TYPE: ClassVar[str] = "report.closed.v1"

    report_id: Id
    resident_id: Id | None = None
    outcome: Literal["fixed", "not_ours", "duplicate", "rejected"]
    answer: str = ""
    at: Instant


class SmsMeaning(StrEnum):
    """What a resident's SMS asks for."""

    START = "start"
    REPORT = "report"
    OTHER = "other"


class SmsReceived(Fact):
    """A resident has sent the town an SMS. STOP is not among them: notifier acts on it at once (`contact.failed.v1`)."""

    TYPE: ClassVar[str] = "sms.received.v1"

    message_id: Id
    phone: str = Field(min_length=1, max_length=32, description="E.164")
    meaning: SmsMeaning
    text: str = Field(max_length=4000, description="Without the keyword")
    received_at: Instant
