"""Residents' own data as the API carries it."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from hejnal_citizen.schema import Input, Output
from hejnal_contracts.announcements import Area
from hejnal_contracts.base import Channel, Language, Severity
from hejnal_contracts.residents import QuietHours

Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
CategoryCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class CodeRequest(Input):
    """Ask for a one-time code."""

    contact: str = Field(
        min_length=3, max_length=254, description="E-mail address or phone number; Polish numbers without prefix"
    )
    language: Language = Language.PL


class CodeSent(Output):
    """A code is on its way, whether or not the contact was known."""

    challenge_id: str
    channel: Literal["email", "sms"]
    expires_at: AwareDatetime
    resend_after_s: int


class ConsentGiven(Input):
    """The resident saw the consent text of this version and agreed."""

    version: str = Field(max_length=40, description="`consent.version` of GET /town")
    language: Language = Language.PL


class CodeAnswer(Input):
    """The code that came."""

    challenge_id: str = Field(max_length=64)
    code: Code
    consent: ConsentGiven | None = Field(default=None, description="Agree at once that announcements come to this contact")


class Contact(Output):
    """A verified way to reach the resident."""

    id: str
    channel: Channel
    address: str = Field(description="For push: the push service's host")
    verified_at: AwareDatetime
    consented: bool = Field(description="Announcements may be sent here")
    consented_at: AwareDatetime | None
    failed: Literal["hard_bounce", "gone", "opted_out"] | None = Field(description="Why nothing is sent here any more")
    failed_at: AwareDatetime | None


class Filter(Input):
    """One wish: these categories, from this severity on, here, on these channels."""

    categories: tuple[CategoryCode, ...] = Field(min_length=1, max_length=40)
    min_severity: Severity = Severity.INFO
    area: Area | None = Field(default=None, description="Null: anywhere in the town")
    channels: tuple[Channel, ...] = Field(min_length=1, max_length=4)
    label: str = Field(default="", max_length=60, description="The resident's own name for it, e.g. Dom")


class SubscriptionChange(Input):
    """The whole wished state."""

    expected_version: int | None = Field(
        default=None, ge=1, description="The version that was looked at; 409 when it changed meanwhile"
    )
    language: Language = Language.PL
    filters: tuple[Filter, ...] = Field(default=(), max_length=20)
    quiet_hours: QuietHours | None = None
    paused_until: AwareDatetime | None = None


class Subscription(Output):
    """What the resident wants to be told."""

    version: int
    language: Language
    filters: list[Filter]
    quiet_hours: QuietHours | None
    paused_until: AwareDatetime | None


class Me(Output):
    """The signed-in resident."""

    id: str
    created_at: AwareDatetime
    contacts: list[Contact]
    subscription: Subscription


class PushKeysInput(Input):
    """Keys of the browser's PushSubscription, base64url."""

    p256dh: str = Field(min_length=80, max_length=100, pattern=r"^[A-Za-z0-9_-]+=*$")
    auth: str = Field(min_length=20, max_length=30, pattern=r"^[A-Za-z0-9_-]+=*$")


class PushTarget(Input):
    """A browser's PushSubscription."""

    endpoint: str = Field(min_length=10, max_length=2000)
    keys: PushKeysInput


class PushSubscriptionChange(PushTarget):
    """Web push without an account: the browser and what it wants."""

    categories: tuple[CategoryCode, ...] = Field(min_length=1, max_length=40)
    min_severity: Severity = Severity.INFO
    area: Area | None = Field(default=None, description="Null: anywhere in the town")
    language: Language = Language.PL
    quiet_hours: QuietHours | None = None
    paused_until: AwareDatetime | None = None


class PushSubscription(Output):
    """What is stored for a browser."""

    id: str
    version: int
    categories: list[str]
    min_severity: Severity
    area: Area | None
    language: Language
    quiet_hours: QuietHours | None
    paused_until: AwareDatetime | None
    endpoint_host: str


class PushSubscriptionCreated(PushSubscription):
    """The same, with the secret that later changes need."""

    token: str = Field(description="Send as `Authorization: Bearer …`; shown only here")


class ConsentEntry(Output):
    """One line of the consent ledger."""

    id: str
    contact_id: str
    action: Literal["granted", "withdrawn"]
    text: str
    text_version: str
    language: Language
    way: str
    legal_basis: str
    at: AwareDatetime


class ExportedAnswer(Output):
    """An answer of the town to a report."""

    at: AwareDatetime
    status: str
    answer: str


class ExportedReport(Output):
    """A report as its author gave it."""

    reference: str
    category: str
    text: str
    lat: float
    lon: float
    address: str
    status: str
    submitted_at: AwareDatetime
    photos: int
    answers: list[ExportedAnswer]


class ExportedSession(Output):
    """A device that is signed in."""

    created_at: AwareDatetime
    last_seen_at: AwareDatetime
    expires_at: AwareDatetime
    device: str


class Export(Output):
    """Everything citizen-api keeps about a resident (GDPR art. 15 and 20)."""

    exported_at: AwareDatetime
    me: Me
    consents: list[ConsentEntry]
    sessions: list[ExportedSession]
    reports: list[ExportedReport]
