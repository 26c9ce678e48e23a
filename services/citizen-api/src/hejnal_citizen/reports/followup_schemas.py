"""What happens around a report after it was sent: me-too, messages, moderation, reopening, satisfaction."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from hejnal_citizen.reports.questions import Answers
from hejnal_citizen.reports.schemas import Outcome, Photo, PublicReport, ReportEvent, StaffReportEvent, Status
from hejnal_citizen.schema import Input, Output
from hejnal_contracts.base import Language, Point

MOST_RECTANGLES = 50
Share = Annotated[float, Field(ge=0, le=1)]


class PublicReportView(PublicReport):
    """One report as everybody may see it, with the town's public answers."""

    events: list[ReportEvent] = Field(description="Oldest first")


class NearbyReport(PublicReport):
    """A report that may be about the same thing."""

    distance_m: int = Field(description="Between the rounded places, in steps of 10 m")


class NearbyReports(Output):
    """Open reports of the category around a place, nearest first; at most ten."""

    items: list[NearbyReport]


class MeToo(Input):
    """Another person has the same trouble, and may want to be told of answers."""

    device: str = Field(
        default="",
        max_length=100,
        pattern=r"^([A-Za-z0-9_-]{16,100})?$",
        description="A random name the client keeps, so that a device counts once; not needed when signed in or with a contact",
    )
    contact: str = Field(default="", max_length=254, description="E-mail or phone to be told of answers; optional")
    language: Language = Language.PL


class MeTooCount(Output):
    """How many have said so."""

    me_too: int
    counted: bool = Field(description="False: this person or device had been counted before")
    told: bool = Field(description="True: answers will be sent to the contact or the signed-in resident")


class NewMessage(Input):
    """Words between reporter and town that nobody else reads."""

    text: str = Field(min_length=1, max_length=4000)


class Message(Output):
    """One private message."""

    id: str
    author: Literal["reporter", "staff"]
    text: str
    at: AwareDatetime


class Messages(Output):
    """All private messages about a report, oldest first."""

    items: list[Message]


class StaffMessage(Message):
    """One private message with who of the staff wrote it."""

    by: str


class Reopening(Input):
    """Why a closed report is not over."""

    reason: str = Field(min_length=1, max_length=2000)


class Satisfaction(Input):
    """What the reporter thinks of how it ended."""

    rating: int = Field(ge=1, le=5, description="1: not at all, 5: fully")
    comment: str = Field(default="", max_length=1000)


class Rated(Satisfaction):
    """The same with when it was said."""

    at: AwareDatetime


class PhotoPlace(Output):
    """Where a photo says it was taken; nothing of it is kept."""

    place: Point | None = Field(description="null: the photo carries no place")
    inside_town: bool
    address: str = Field(description="Nearest known address; empty: none within 250 m")
    taken_at: AwareDatetime | None


class Moderation(Input):
    """Show or hide a report's text or one photo to everybody. Both are hidden until staff shows them."""

    action: Literal["hide", "show"]
    subject: Literal["text", "photo"]
    photo_id: str | None = Field(default=None, max_length=64, description="Needed for subject photo")
    reason: str = Field(min_length=1, max_length=500, description="Kept in the history, never public")


class Rectangle(Input):
    """A part of a photo, in shares of its width and height from the upper left corner."""

    x: Share
    y: Share
    width: Annotated[float, Field(gt=0, le=1)]
    height: Annotated[float, Field(gt=0, le=1)]


class Blur(Input):
    """What is to be unrecognisable in a photo: the whole list replaces the one before."""

    rectangles: tuple[Rectangle, ...] = Field(max_length=MOST_RECTANGLES)
    reason: str = Field(default="", max_length=500)


class Merge(Input):
    """Close a report as a duplicate of another; its reporter and followers are told what happens there."""

    into: str = Field(min_length=1, max_length=64, description="Id of the report that goes on")
    expected_version: int = Field(ge=1, description="The version that was looked at; 409 when somebody was faster")


class ModerationEntry(Output):
    """One entry of the moderation's history."""

    at: AwareDatetime
    subject: Literal["text", "photo"]
    photo_id: str | None
    action: Literal["hide", "show", "blur"]
    reason: str
    rectangles: list[Rectangle] | None
    by: str


class StaffPhoto(Photo):
    """A photo with its moderation."""

    public: bool
    blurs: list[Rectangle]
    unblurred_until: AwareDatetime | None = Field(
        description="Until then rectangles can be taken back; the unblurred picture is shown to nobody. null: there is none"
    )


class Open311State(Output):
    """The report at the back office."""

    state: Literal["waiting", "token", "sent", "failed"]
    service_request_id: str | None = Field(description="The back office's number")
    status: Literal["open", "closed"] | None
    error: str = Field(description="Why the last try failed; empty: it did not")
    attempts: int
    next_at: AwareDatetime | None
    updated_at: AwareDatetime


class StaffReport(Output):
    """A report with everything staff may know of it."""

    id: str
    reference: str
    category: str
    text: str
    answers: Answers = Field(description="To the category's own questions, by code")
    place: Point
    address: str
    contact: str | None = Field(description="Masked for roles that do not answer reports")
    anonymous: bool
    source: Literal["web", "sms", "open311"]
    status: Status
    outcome: Outcome | None
    unit: str
    urgent: bool
    version: int
    text_public: bool
    photos: list[StaffPhoto]
    events: list[StaffReportEvent] = Field(description="Oldest first")
    history: list[ModerationEntry] = Field(description="Moderation, oldest first")
    messages: list[StaffMessage] = Field(description="Private, oldest first")
    me_too: int
    merged_into: str | None = Field(description="Id of the report in which this one goes on")
    satisfaction: Rated | None
    reopened: int = Field(description="How often its reporter has reopened it")
    open311: Open311State | None = Field(description="null: not handed to a back office")
    submitted_at: AwareDatetime
    updated_at: AwareDatetime
