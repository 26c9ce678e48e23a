"""The town's message templates: read, tried, stored, taken back. Every version is kept."""

from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request
from jinja2 import TemplateError
from pydantic import AwareDatetime, BaseModel, Field

from hejnal_contracts.base import Channel, Language
from hejnal_notifier.resources import Resources, get_resources
from hejnal_notifier.town_templates.book import Stored
from hejnal_notifier.town_templates.language import (
    FILTERS,
    LONGEST_SOURCE,
    PARTS,
    VARIABLES,
    TooLongError,
    TownTemplate,
    check,
)
from hejnal_notifier.town_templates.preview import Preview, Sample, content_of_sample, preview
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.tokens import TokenVerifier

router = APIRouter(prefix="/internal/v1/message-templates", tags=["message templates"])

Res = Annotated[Resources, Depends(get_resources)]
Parts = Annotated[
    dict[str, str], Field(max_length=10, description="Part → its text: e-mail subject, text, html; push title, body; SMS text")
]


def author_of(request: Request) -> str:
    """Who asks, as the gateway's token names them; the calling service where it names nobody."""
    verifier = cast("TokenVerifier", request.app.state.verifier)
    return verifier.verify(request.headers.get("authorization", "").partition(" ")[2].strip()).subject


Author = Annotated[str, Depends(author_of)]


class TemplateVersion(BaseModel):
    """One version of the town's own words for a channel and language."""

    channel: Channel
    language: Language
    version: int = Field(description="0: the town has never written one")
    parts: dict[str, str] | None = Field(description="null: the built-in words are used")
    created_at: AwareDatetime | None
    created_by: str


class TemplateRules(BaseModel):
    """What templates may use."""

    parts: dict[str, list[str]] = Field(description="By channel")
    variables: list[str]
    filters: list[str]
    longest_source: int


class TemplateList(BaseModel):
    """The newest version for every channel and language."""

    templates: list[TemplateVersion]
    rules: TemplateRules


class TemplateChange(BaseModel):
    """New words; `based_on` is the version that was looked at, so that nobody overwrites what they have not seen."""

    parts: Parts
    based_on: int = Field(ge=0)


class TemplateReturn(BaseModel):
    """Back to the built-in words."""

    based_on: int = Field(ge=0)


class PreviewRequest(BaseModel):
    """What to look at. Without `parts`: what would be sent today."""

    channel: Channel
    language: Language
    parts: Parts | None = None
    sample: Sample = Sample()


@router.get("")
async def list_templates(resources: Res) -> TemplateList:
    """The town's templates and what they may be made of."""
    stored = {(one.channel, one.language): one for one in await resources.templates.all()}
    templates = [
        _shown(stored.get((channel, language)) or Stored(channel, language, 0, None, None, ""))
        for channel in PARTS
        for language in Language
    ]
    rules = TemplateRules(
        parts={channel.value: list(parts) for channel, parts in PARTS.items()},
        variables=list(VARIABLES),
        filters=list(FILTERS),
        longest_source=LONGEST_SOURCE,
    )
    return TemplateList(templates=templates, rules=rules)


@router.get("/{channel}/{language}/history")
async def template_history(channel: Channel, language: Language, resources: Res) -> list[TemplateVersion]:
    """Every version, newest first."""
    return [_shown(one) for one in await resources.templates.history(_templated(channel), language)]


@router.put("/{channel}/{language}")
async def write_template(
    channel: Channel, language: Language, change: TemplateChange, resources: Res, author: Author
) -> TemplateVersion:
    """Store new words; they are used within seconds. The error names part, line and variable of each mistake."""
    _checked(_templated(channel), change.parts)
    stored = await resources.templates.write(channel, language, change.parts, based_on=change.based_on, created_by=author)
    return _shown(stored)


@router.post("/{channel}/{language}/return")
async def return_to_built_in(
    channel: Channel, language: Language, change: TemplateReturn, resources: Res, author: Author
) -> TemplateVersion:
    """Use the built-in words again; what the town wrote stays in the history."""
    stored = await resources.templates.write(_templated(channel), language, None, based_on=change.based_on, created_by=author)
    return _shown(stored)


@router.post("/preview")
async def preview_message(request: PreviewRequest, resources: Res) -> Preview:
    """One channel in one language as its recipients get it."""
    channel, language = _templated(request.channel), request.language
    template = resources.templates.find(channel, language)
    if request.parts is not None:
        _checked(channel, request.parts)
        template = TownTemplate.compiled(channel, 0, request.parts)
    content = content_of_sample(request.sample, language, resources.clock.now())
    settings = resources.settings
    try:
        return preview(
            channel,
            language,
            content,
            template=template,
            sender=settings.email_from,
            town=settings.town_name,
            wording=resources.sms_wording,
        )
    except (TooLongError, TemplateError) as error:
        raise AppError(Kind.INVALID, "template-invalid", f"With this text the template cannot be used: {error}.") from error


def _templated(channel: Channel) -> Channel:
    if channel not in PARTS:
        raise AppError(
            Kind.INVALID, "channel-without-template", f"There are templates for {', '.join(PARTS)}; {channel} has none."
        )
    return channel


def _checked(channel: Channel, parts: dict[str, str]) -> None:
    mistakes = check(channel, parts)
    if mistakes:
        first = mistakes[0]
        where = f"{first.part}, line {first.line}: " if first.line else f"{first.part}: " if first.part else ""
        errors: list[dict[str, Any]] = [
            {"part": one.part, "line": one.line, "variable": one.variable, "detail": one.message} for one in mistakes[:50]
        ]
        raise AppError(Kind.INVALID, "template-invalid", f"{where}{first.message}.", errors=errors)


def _shown(stored: Stored) -> TemplateVersion:
    return TemplateVersion(
        channel=stored.channel,
        language=stored.language,
        version=stored.version,
        parts=stored.parts,
        created_at=stored.created_at,
        created_by=stored.created_by,
    )
