"""Residents' own data as the API carries it."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from hejnal_citizen.schema import Input, Output
from hejnal_contracts.announcements import Area
from hejnal_contracts.base import Channel, Language, Severity
from hejnal_contracts.residents import Digest, QuietHours

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
    failed: Literal["hard_bounce", "gone", "opted_out", "key_withdrawn"] | None = Field(
        description="Why nothing is sent here any more"
    )
    failed_at: AwareDatetime | None


class Place(Input):
    """A place that matters to somebody: home, school, the parents' street."""

    area: Area = Field(description="A point with a radius, a drawn outline, or streets by name")
    label: str = Field(default="", max_length=60, description="The resident's own name for it, e.g. Dom")


Places = Annotated[
    tuple[Place, ...],
    Field(max_length=10, description="What happens in or around any of them is told; empty: anywhere in the town"),
]
_AREA = Field(default=None, deprecated=True, description="The same as `places` with one place, which counts where both are given")


class Filter(Input):
    """One wish: these categories, from this severity on, in these places, on these channels."""

    categories: tuple[CategoryCode, ...] = Field(min_length=1, max_length=40)
    min_severity: Severity = Severity.INFO
    places: Places = ()
    area: Area | None = _AREA
    channels: tuple[Channel, ...] = Field(min_length=1, max_length=4)
    label: str = Field(default="", max_length=60, description="The resident's own name for the wish, or for its only place")


def places_of(wish: "Filter | PushSubscriptionChange", label: str = "") -> tuple[Place, ...]:
    """The places of a wish, whichever way they were said; empty: anywhere in the town."""
    if wish.places or wish.__dict__["area"] is None:
        return wish.places
    return (Place(area=wish.__dict__["area"], label=label),)


class SubscriptionChange(Input):
    """The whole wished state."""

    expected_version: int | None = Field(
        default=None, ge=1, description="The version that was looked at; 409 when it changed meanwhile"
    )
    language: Language = Language.PL
    filters: tuple[Filter, ...] = Field(default=(), max_length=20)
    quiet_hours: QuietHours | None = None
    paused_until: AwareDatetime | None = None
    digest: Digest | None = Field(default=None, description="Null: everything at once")


class Pause(Input):
    """Nothing but emergencies until then."""

    until: AwareDatetime | None = Field(description="At most a year ahead; null ends the pause")


class TestMessages(Input):
    """Which contacts are to be tried."""

    contact_id: str | None = Field(default=None, max_length=64, description="Null: every contact that is written to")


class TestMessage(Output):
    """What became of a test message to one contact."""

    contact_id: str
    channel: Channel
    state: Literal["queued", "channel_off"] = Field(description="channel_off: the town has nobody who sends on this channel")


class TestMessagesSent(Output):
    """The test messages that are on their way."""

    messages: list[TestMessage]


class Shown(Input):
    """A notification that the device has shown, as the push message named it."""

    announcement_id: str = Field(min_length=1, max_length=64)
    version: int = Field(ge=1, le=2_147_483_647)


class Subscription(Output):
    """What the resident wants to be told."""

    version: int
    language: Language
    filters: list[Filter]
    quiet_hours: QuietHours | None
    paused_until: AwareDatetime | None
    digest: Digest | None = None


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
    application_server_key: str | None = Field(
        default=None,
        min_length=80,
        max_length=100,
        pattern=r"^[A-Za-z0-9_-]+=*$",
        description="The town's key the browser subscribed with (`subscription.options.applicationServerKey`), base64url; "
        "null: the one that `GET /town` gives",
    )


class PushContactInput(PushTarget):
    """A browser of somebody who is signed in."""

    replaces: str | None = Field(
        default=None, max_length=64, description="The contact of this browser's former subscription, which this one takes over"
    )


class PushSubscriptionChange(PushTarget):
    """Web push without an account: the browser and what it wants."""

    categories: tuple[CategoryCode, ...] = Field(min_length=1, max_length=40)
    min_severity: Severity = Severity.INFO
    places: Places = ()
    area: Area | None = _AREA
    language: Language = Language.PL
    quiet_hours: QuietHours | None = None
    paused_until: AwareDatetime | None = None
    digest: Digest | None = Field(default=None, description="Null: everything at once")


class PushSubscription(Output):
    """What is stored for a browser."""

    id: str
    version: int
    categories: list[str]
    min_severity: Severity
    places: list[Place]
    area: Area | None = Field(deprecated=True, description="The only place of `places`; null with none or several")
    language: Language
    quiet_hours: QuietHours | None
    paused_until: AwareDatetime | None
    digest: Digest | None = None
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
