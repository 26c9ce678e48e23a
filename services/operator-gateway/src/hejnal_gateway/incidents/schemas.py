"""An incident as staff see it."""

from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from hejnal_contracts.base import CameraId, Channel, Point, Severity
from hejnal_gateway.alerts.schemas import Alert, Person

IncidentState = Literal["open", "closed"]
IncidentEntryKind = Literal[
    "opened", "changed", "note", "alert-linked", "alert-unlinked", "report-linked", "report-unlinked", "footage-marked",
    "message-sent", "closed",
]  # fmt: skip
LegalBasis = Literal[
    "police_request", "prosecutor_order", "court_order", "misdemeanour_case", "administrative_case", "claim",
    "data_subject_request", "other",
]  # fmt: skip
MarkState = Literal["pending", "kept", "refused"]
LONGEST_MARK = timedelta(hours=24)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class NewIncident(_Strict):
    """A case to open."""

    request_id: str = Field(min_length=8, max_length=64, description="Made by the client: the same again gives the same incident")
    title: str = Field(min_length=1, max_length=200)
    severity: Severity = Severity.WARNING
    place: Point | None = None
    address: str = Field(default="", max_length=200)
    alert_ids: tuple[str, ...] = Field(default=(), max_length=50)
    note: str = Field(default="", max_length=2000)


class ChangedIncident(_Strict):
    """What is to be different; what is left out stays."""

    version: int = Field(ge=1, description="The version this was decided on; 409 when it is no longer the newest")
    title: str | None = Field(default=None, min_length=1, max_length=200)
    severity: Severity | None = None
    place: Point | None = None
    address: str | None = Field(default=None, max_length=200)


class IncidentNote(_Strict):
    """A word for the log."""

    note_id: str | None = Field(default=None, min_length=8, max_length=64, description="The same again adds nothing")
    text: str = Field(min_length=1, max_length=4000)


class IncidentMessage(_Strict):
    """A message to residents that was sent because of the incident."""

    announcement_id: str = Field(min_length=1, max_length=64)
    summary: str = Field(min_length=1, max_length=300)
    channels: tuple[Channel, ...] = ()


class ReportLink(_Strict):
    """A resident's report that belongs to the case."""

    reference: str = Field(default="", max_length=40, description="What people say on the phone, e.g. Z-2026-00042")


class HoldRequest(_Strict):
    """The footage is to be secured beyond its retention, too."""

    legal_basis: LegalBasis
    basis_text: str = Field(min_length=3, max_length=2000, description="Provision and letter that ask for it")
    case_number: str = Field(default="", max_length=100, description="Empty: the incident's reference")
    expires_at: AwareDatetime


class NewMark(_Strict):
    """Footage that shows it."""

    mark_id: str = Field(min_length=8, max_length=64, description="Made by the client: the same again marks nothing twice")
    camera_id: CameraId
    starts_at: AwareDatetime = Field(alias="from")
    ends_at: AwareDatetime = Field(alias="to")
    note: str = Field(default="", max_length=1000)
    hold: HoldRequest | None = None

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if not timedelta(0) < self.ends_at - self.starts_at <= LONGEST_MARK:
            raise ValueError("`to` lies after `from`, at most 24 hours")
        return self


class Closure(_Strict):
    """The end of the case."""

    version: int | None = Field(default=None, ge=1)
    report: str = Field(min_length=1, max_length=8000, description="What happened, what was done, what is left to do")


class Mark(BaseModel):
    """Marked footage: a bookmark at the recorder, with a hold where that was asked for."""

    model_config = ConfigDict(populate_by_name=True)

    mark_id: str
    camera_id: str
    starts_at: datetime = Field(alias="from")
    ends_at: datetime = Field(alias="to")
    note: str
    state: MarkState = Field(description="pending: the recorder does not answer yet, it is asked again by itself")
    trouble: str = Field(description="Why it is not kept")
    bookmark_id: str | None
    hold_id: str | None
    hold_wanted: bool
    by: Person | None
    made_at: datetime


class IncidentEntry(BaseModel):
    """One line of the log."""

    entry_id: str
    kind: IncidentEntryKind
    by: Person | None
    text: str
    details: dict[str, str | int | list[str]]
    at: datetime


class LinkedReport(BaseModel):
    """A report that belongs to the case."""

    report_id: str
    reference: str
    linked_at: datetime


class Incident(BaseModel):
    """A case."""

    incident_id: str
    reference: str = Field(description="What people say on the phone, e.g. ZD-2026-00012")
    version: int
    state: IncidentState
    title: str
    severity: Severity
    place: Point | None
    address: str
    opened_by: Person | None
    opened_at: datetime
    closing_report: str
    closed_by: Person | None
    closed_at: datetime | None
    changed_at: datetime


class IncidentCase(Incident):
    """A case with everything in it."""

    alerts: list[Alert]
    reports: list[LinkedReport]
    marks: list[Mark]
    entries: list[IncidentEntry]


class IncidentPage(BaseModel):
    """Newest first; `next_cursor` asks for the page of older ones."""

    items: list[Incident]
    next_cursor: str | None
