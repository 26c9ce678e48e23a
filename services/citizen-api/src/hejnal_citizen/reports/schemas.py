"""Reports as residents and staff see them."""

from typing import Literal

from pydantic import AwareDatetime, Field

from hejnal_citizen.reports.questions import Answers
from hejnal_citizen.schema import Input, Output
from hejnal_contracts.base import Point

Status = Literal["received", "in_progress", "planned", "closed"]
Outcome = Literal["fixed", "not_ours", "duplicate", "rejected"]


class Photo(Output):
    """A photo, re-encoded and without metadata."""

    id: str
    width: int
    height: int
    size_bytes: int
    url: str = Field(
        description="Relative to the API's root; append `?size=thumb` (or `&size=thumb` where it has a `?`) for the small one"
    )


class PublicReport(Output):
    """What everyone may know: never the exact place; text and photos only once staff has shown them."""

    id: str
    reference: str
    category: str
    status: Status
    outcome: Outcome | None
    street: str = Field(description="Street without the number")
    place: Point = Field(description="Rounded to about 100 m")
    text: str | None = Field(description="null: not shown to everybody")
    photos: list[Photo] = Field(description="Those shown to everybody")
    me_too: int = Field(description="How many others have said they have the same trouble")
    submitted_at: AwareDatetime
    updated_at: AwareDatetime


class PublicReportPage(Output):
    """Newest first."""

    items: list[PublicReport]
    next_cursor: str | None


class ReportEvent(Output):
    """One step of a report's life, with the town's words."""

    at: AwareDatetime
    status: Status
    outcome: Outcome | None
    answer: str


class ReporterView(Output):
    """A report as its author sees it."""

    id: str
    reference: str
    category: str
    text: str
    place: Point
    address: str
    status: Status
    outcome: Outcome | None
    version: int
    photos: list[Photo]
    events: list[ReportEvent] = Field(description="Oldest first")
    answers: Answers = Field(description="To the category's own questions, by code")
    me_too: int
    messages: int = Field(description="Private messages about it; GET /reports/{id}/messages has them")
    rating: int | None = Field(description="The reporter's satisfaction, 1 to 5; null: not said")
    can_reopen: bool = Field(description="True: closed, and not so long ago that a new report is needed")
    merged_into: str | None = Field(description="Reference of the report in which this one goes on")
    submitted_at: AwareDatetime
    updated_at: AwareDatetime


class ReportAccepted(ReporterView):
    """The stored report, and the secret with which an anonymous reporter follows it."""

    follow_token: str | None = Field(description="For GET /reports/{id}?token=…; null only when an old key made it")


class MyReports(Output):
    """The signed-in resident's reports, newest first."""

    items: list[ReporterView]


class StaffReportSummary(Output):
    """A report in the staff's queue."""

    id: str
    reference: str
    category: str
    excerpt: str = Field(description="First 160 characters of the text")
    place: Point
    address: str
    status: Status
    outcome: Outcome | None
    unit: str
    urgent: bool
    photos: int
    version: int
    submitted_at: AwareDatetime
    updated_at: AwareDatetime


class StaffReportPage(Output):
    """Newest first."""

    items: list[StaffReportSummary]
    next_cursor: str | None


class StaffReportEvent(ReportEvent):
    """One step with who made it."""

    kind: Literal["submitted", "routed", "answered", "closed", "reopened"]
    unit: str
    by: str


class Answer(Input):
    """An answer, a new status, or both. The reporter sees the words."""

    expected_version: int = Field(ge=1, description="The version that was looked at; 409 when somebody was faster")
    status: Status
    outcome: Outcome | None = Field(default=None, description="Required with status closed, else null")
    answer: str = Field(default="", max_length=4000)


class Routing(Input):
    """Make a unit of the town responsible."""

    expected_version: int = Field(ge=1, description="The version that was looked at; 409 when somebody was faster")
    unit: str = Field(min_length=1, max_length=120)
