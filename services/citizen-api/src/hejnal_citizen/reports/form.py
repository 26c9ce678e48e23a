"""The form of a report, however it arrives, and the judgement whether it is one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.reports.categories import unit_for
from hejnal_citizen.reports.questions import Answers, check_answers
from hejnal_citizen.reports.upload import Upload
from hejnal_citizen.residents import contact_forms
from hejnal_citizen.schema import Input
from hejnal_citizen.town import addresses, registry
from hejnal_citizen.town.schemas import ReportCategory
from hejnal_contracts.base import Language, Point
from hejnal_runtime.errors import AppError, Kind

Source = Literal["web", "sms", "open311"]
MOST_ANSWER_BYTES = 16 * 1024


class ReportForm(Input):
    """The fields of the form."""

    category: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    contact: Annotated[str, Field(max_length=254)] = ""
    language: Language = Language.PL
    answers: Annotated[str, Field(max_length=MOST_ANSWER_BYTES)] = ""
    """A JSON object: question code to answer."""


@dataclass(frozen=True, slots=True)
class CheckedReport:
    """A report that may be stored."""

    category: ReportCategory
    text: str
    place: Point
    street: str
    address: str
    unit: str
    contact: str | None
    answers: Answers = field(default_factory=dict)
    language: Language = Language.PL
    source: Source = "web"


def parse(upload: Upload) -> ReportForm:
    """The form's fields; AppError(INVALID) names what is missing or wrong."""
    try:
        return ReportForm.model_validate(upload.fields)
    except ValidationError as error:
        errors = [
            {"pointer": "/body/" + "/".join(str(part) for part in item["loc"]), "detail": item["msg"], "code": item["type"]}
            for item in error.errors()
        ]
        detail = "The report is not complete; `errors` says what is missing or wrong."
        raise AppError(Kind.INVALID, "invalid-request", detail, errors=errors) from error


def given_answers(text: str) -> dict[str, Any]:
    """What the field `answers` says; AppError(INVALID) when it is no JSON object."""
    if not text:
        return {}
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        errors = [{"pointer": "/body/answers", "detail": "not a JSON object", "code": "json-invalid"}]
        detail = "The field `answers` must be a JSON object: question code to answer."
        raise AppError(Kind.INVALID, "invalid-request", detail, errors=errors)
    return given


async def check(
    session: AsyncSession,
    form: ReportForm,
    resident_id: str | None,
    *,
    answers: Mapping[str, Any] | None = None,
    source: Source = "web",
) -> CheckedReport:
    """Judge a form; `answers` where they are not in its own field. AppError(INVALID): category, place, contact, answers."""
    category = await registry.report_category(session, form.category)
    place = Point(lat=form.lat, lon=form.lon)
    await registry.require_inside(session, place)
    contact = contact_forms.normalise(form.contact)[1] if form.contact else None
    if not category.anonymous_allowed and contact is None and resident_id is None:
        detail = "Reports of this category need somebody to ask back: sign in, or leave an e-mail address or phone number."
        raise AppError(Kind.INVALID, "contact-needed", detail)
    kept = check_answers(category.questions, given_answers(form.answers) if answers is None else answers)
    near = (await addresses.nearest(session, place)).address
    return CheckedReport(
        category=category,
        text=form.text,
        place=place,
        street=near.street if near else "",
        address=near.label if near else "",
        unit=await unit_for(session, category.code, place, category.unit),
        contact=contact,
        answers=kept,
        language=form.language,
        source=source,
    )
