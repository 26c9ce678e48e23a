"""Requests for one's own footage as the API carries them."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from hejnal_citizen.schema import Input, Output
from hejnal_contracts.base import Language

State = Literal["received", "identity_confirmed", "answered"]
Handover = Literal["electronic", "on_site", "post"]
Outcome = Literal["provided", "viewed_on_site", "no_footage", "not_recognised", "identity_not_shown", "refused"]
CameraKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
OpaqueId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class FootageRequestForm(Input):
    """What somebody asks for. The office checks who they are before anything is handed over."""

    camera_id: CameraKey | None = Field(default=None, description="Of the public register, where the camera is known")
    place: str = Field(min_length=3, max_length=300, description="Where it was, in words")
    starts_at: AwareDatetime = Field(alias="from")
    ends_at: AwareDatetime = Field(alias="to", description="At most 6 hours later: the office must find the person")
    description: str = Field(min_length=10, max_length=2000, description="How to recognise the person: clothes, direction, bag")
    name: str = Field(min_length=2, max_length=200)
    contact: str = Field(min_length=3, max_length=300, description="E-mail, phone or postal address for the answer")
    handover: Handover = "electronic"
    language: Language = Language.PL

    @model_validator(mode="after")
    def _span(self) -> "FootageRequestForm":
        length_s = (self.ends_at - self.starts_at).total_seconds()
        if not 0 < length_s <= 6 * 3600:
            raise ValueError("`to` must come after `from`, by at most 6 hours")
        return self


class FootageRequestView(Output):
    """A request as the person who made it sees it."""

    id: str
    version: int
    reference: str = Field(description="What people say on the phone, e.g. N-2026-00007")
    state: State
    camera_id: str | None
    place: str
    starts_at: AwareDatetime = Field(serialization_alias="from")
    ends_at: AwareDatetime = Field(serialization_alias="to")
    handover: Handover
    submitted_at: AwareDatetime
    due_at: AwareDatetime = Field(description="The answer is due by then (GDPR art. 12(3))")
    extended_reason: str = Field(description="Why it takes up to two months longer; empty: it does not")
    footage_secured: bool = Field(description="The footage is held back from deletion")
    outcome: Outcome | None
    answer: str
    answered_at: AwareDatetime | None


class FootageRequestAccepted(FootageRequestView):
    """The same, with the secret that shows it again."""

    token: str = Field(description="Send as `Authorization: Bearer …`; shown only here")
    next_steps: dict[Language, str]


class FootageRequestEvent(Output):
    """One step of a request."""

    kind: Literal["submitted", "identity_confirmed", "secured", "extended", "answered"]
    by: str
    note: str
    at: AwareDatetime


class StaffFootageRequest(FootageRequestView):
    """A request as the data protection officer sees it."""

    description: str
    name: str
    contact: str
    language: Language
    identity_way: str
    hold_id: str
    export_id: str
    days_left: int = Field(description="Whole days until it is due; negative: late")
    history: list[FootageRequestEvent]


class FootageRequestRow(Output):
    """A request in the list: no names."""

    id: str
    reference: str
    state: State
    camera_id: str | None
    place: str
    submitted_at: AwareDatetime
    due_at: AwareDatetime
    days_left: int
    footage_secured: bool
    outcome: Outcome | None


class FootageRequestPage(Output):
    """Requests, the newest first."""

    items: list[FootageRequestRow]
    next_cursor: str | None


class IdentityCheck(Input):
    """How the office made sure who is asking."""

    way: Literal["in_person", "qualified_signature", "trusted_profile", "e_delivery", "other"]
    note: str = Field(default="", max_length=300, description="Not the number of a document: that it was seen is enough")


class HandOver(Input):
    """What the recorder keeps for this request: a hold, an evidence package, or both."""

    hold_id: OpaqueId | None = None
    export_id: OpaqueId | None = None

    @model_validator(mode="after")
    def _something(self) -> "HandOver":
        if self.hold_id is None and self.export_id is None:
            raise ValueError("name a hold or an export")
        return self


class Extension(Input):
    """Why the answer takes up to two months longer (GDPR art. 12(3)); the person is told."""

    reason: str = Field(min_length=10, max_length=1000)


class FootageAnswer(Input):
    """The office's answer."""

    outcome: Outcome
    answer: str = Field(min_length=3, max_length=4000)
