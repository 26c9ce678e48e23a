"""What an announcement would say on each channel if it were issued now: the only place that words one before it is sent."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from hejnal_contracts.announcements import Text
from hejnal_contracts.base import Channel, Language, Severity
from hejnal_notifier.resources import Resources, get_resources
from hejnal_notifier.sending.job import AnnouncementContent, VersionKind
from hejnal_notifier.town_templates.language import PARTS
from hejnal_notifier.town_templates.preview import Preview, worded

router = APIRouter(prefix="/internal/v1", tags=["announcements"])


class WordingRequest(BaseModel):
    """An announcement that nobody has issued yet."""

    kind: VersionKind = "issued"
    category: str = Field(max_length=40)
    severity: Severity
    texts: dict[Language, Text] = Field(description="Needs pl")
    channels: tuple[Channel, ...] = Field(max_length=10)
    valid_from: AwareDatetime | None = Field(default=None, description="Null: now")
    valid_until: AwareDatetime
    page_url: str = Field(max_length=500, description="As long as the real one, for templates may quote it")
    drill: bool = False

    @model_validator(mode="after")
    def _has_polish(self) -> Self:
        if Language.PL not in self.texts:
            raise ValueError("the Polish text is missing")
        return self


class AnnouncementWordings(BaseModel):
    """Every channel in every language of the announcement's texts."""

    wordings: list[Preview] = Field(description="In the order asked for, without the HTML of e-mails")
    channels_off: list[Channel] = Field(description="Of those asked for: the town has no provider, nothing would be sent")
    sms_price_grosze: int = Field(description="Of one SMS part at the first provider; 0 where there is none")
    organisations: list[str] = Field(
        default=[], description="Names of those that get it by webhook besides, whatever the channels"
    )


@router.post("/announcement-wordings")
async def word_announcement(
    request: WordingRequest, resources: Annotated[Resources, Depends(get_resources)]
) -> AnnouncementWordings:
    """The very words that recipients would get, in the town's templates where they can be used for these texts."""
    now = resources.clock.now()
    content = AnnouncementContent(
        version_id=0,
        announcement_id="00000000-0000-7000-8000-000000000000",
        version=1,
        kind=request.kind,
        category=request.category,
        severity=request.severity,
        texts=request.texts,
        valid_from=request.valid_from or now,
        valid_until=request.valid_until,
        page_url=request.page_url,
        drill=request.drill,
        issued_at=now,
    )
    asked = list(dict.fromkeys(request.channels))
    await resources.templates.loaded()
    budget = resources.sms_budget
    return AnnouncementWordings(
        wordings=[
            worded(channel, language, content, composer=resources.composer, wording=resources.sms_wording).model_copy(
                update={"html": ""}
            )
            for channel in asked
            if channel in PARTS
            for language in request.texts
        ],
        channels_off=[channel for channel in asked if channel not in resources.served],
        sms_price_grosze=budget.price_grosze if budget is not None else 0,
        organisations=_organisations(request, resources),
    )


def _organisations(request: WordingRequest, resources: Resources) -> list[str]:
    if resources.organisations is None or Channel.WEBHOOK not in resources.served:
        return []
    return resources.organisations.told_of(request.category, request.severity)
