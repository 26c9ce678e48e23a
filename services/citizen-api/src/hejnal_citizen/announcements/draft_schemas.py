"""Drafts, templates and categories as staff see them."""

from typing import Literal

from pydantic import AwareDatetime, Field

from hejnal_citizen.announcements.schemas import MOST_ATTACHMENTS, ApprovalReason, Attachment, Origin
from hejnal_citizen.schema import Input, Output
from hejnal_citizen.town.schemas import CapCategory
from hejnal_contracts.announcements import Area, TownArea
from hejnal_contracts.base import Channel, Language, Severity

_LINE = r"^[^\x00-\x1f\x7f]*$"
_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

DraftState = Literal["draft", "waiting_approval", "scheduled", "published", "rejected"]


class DraftText(Input):
    """One language's wording while it is being written: anything may still be missing."""

    title: str = Field(default="", max_length=120)
    body: str = Field(default="", max_length=4000)
    instruction: str = Field(default="", max_length=1000)
    sms: str = Field(default="", max_length=459)


class DraftBody(Input):
    """An announcement while it is being written. What is missing is asked for when it is submitted."""

    category: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_-]{0,39}$")
    severity: Severity | None = None
    texts: dict[Language, DraftText] = Field(default={})
    area: Area = TownArea()
    valid_from: AwareDatetime | None = Field(default=None, description="Null: from when it is published")
    valid_until: AwareDatetime | None = None
    channels: tuple[Channel, ...] = ()
    drill: bool = False
    attachments: tuple[str, ...] = Field(default=(), max_length=MOST_ATTACHMENTS, description="Ids of POST /attachments")
    origins: dict[Language, Origin] = Field(default={})


class DraftContent(DraftBody):
    """A draft as it is kept."""

    publish_at: AwareDatetime | None = Field(default=None, description="Null: as soon as it is submitted (and approved)")
    template_id: str | None = Field(default=None, max_length=64, description="The template it was made from")
    announcement_id: str | None = Field(default=None, max_length=64, description="The announcement it is a new version of")
    expected_version: int | None = Field(
        default=None, ge=1, description="With announcement_id: the version that was looked at; a newer one sends the draft back"
    )


class Approval(Output):
    """What a second person is asked for, and what became of it."""

    reasons: list[ApprovalReason]
    cost_pln: float = Field(description="What the SMS were estimated to cost when it was submitted")
    until: AwareDatetime | None = Field(description="Afterwards the draft goes back; null once it is decided")
    decided_by: str | None = None
    decided_at: AwareDatetime | None = None


class Returned(Output):
    """Why a draft came back."""

    why: Literal["rejected", "withdrawn", "approval_timed_out", "no_longer_valid", "changed_meanwhile", "refused"]
    detail: str
    by: str = Field(description="Staff id; empty: nobody, time did")
    at: AwareDatetime


class DraftSummary(Output):
    """A draft in the list."""

    id: str
    version: int = Field(description="For If-Match")
    state: DraftState
    content: DraftContent
    authors: list[str] = Field(description="Who wrote on it; none of them may approve it")
    created_by: str
    created_at: AwareDatetime
    changed_by: str
    changed_at: AwareDatetime
    submitted_by: str | None
    submitted_at: AwareDatetime | None
    approval: Approval | None
    returned: Returned | None
    announcement_id: str | None = Field(description="The announcement it became or is to become a version of")
    published_version: int | None
    attachments: list[Attachment] = Field(default=[], description="The files of `content.attachments`; empty in lists")


class DraftPage(Output):
    """Newest change first."""

    items: list[DraftSummary]
    next_cursor: str | None


class Rejection(Input):
    """Why not."""

    reason: str = Field(min_length=3, max_length=1000, pattern=_LINES)


class TemplateInput(Input):
    """A text to begin with. What stands in {braces} is filled in by hand; a draft with braces left cannot be sent."""

    name: str = Field(min_length=1, max_length=120, pattern=_LINE)
    body: DraftBody
    valid_for_h: int | None = Field(default=None, ge=1, le=8760, description="Usual validity in hours")


class Template(TemplateInput):
    """A template as it is kept."""

    id: str
    version: int = Field(description="For If-Match")
    changed_by: str
    changed_at: AwareDatetime


class NamesInput(Input):
    """A name in each language."""

    pl: str = Field(min_length=1, max_length=60, pattern=_LINE)
    en: str = Field(min_length=1, max_length=60, pattern=_LINE)
    uk: str = Field(min_length=1, max_length=60, pattern=_LINE)


class CategoryChange(Input):
    """What the town decides about a category."""

    names: NamesInput
    icon: str = Field(
        default="", pattern=r"^[a-z0-9-]{0,40}$", description="Name of an icon of the front ends; empty: the plain one"
    )
    default_severity: Severity | None = Field(default=None, description="Proposed in the form")
    cap_category: CapCategory | None = Field(default=None, description="CAP 1.2 category; null: not published as CAP")
    position: int = Field(default=100, ge=0, le=10_000, description="Order in lists")
    archived: bool = Field(default=False, description="True: kept for what was announced, offered no more")


class NewCategory(CategoryChange):
    """A category of the town's own."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$", description="For good: it stands in facts and subscriptions")


class Category(NewCategory):
    """A category as it is kept."""

    version: int = Field(description="For If-Match")
    announcements: int = Field(description="How many announcements have it in their newest version")
    subscribers: int = Field(description="How many residents ask for it")
