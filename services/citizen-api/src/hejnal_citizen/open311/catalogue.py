"""What may be reported: discovery, services and their definitions, made from the town's categories."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.open311.documents import Document
from hejnal_citizen.open311.errors import unknown
from hejnal_citizen.reports.questions import Question
from hejnal_citizen.settings import Settings
from hejnal_citizen.sql import query
from hejnal_contracts.base import Language

PATH = "/open311/v2"
CHANGESET = "2026-11-22T00:00:00+00:00"
"""When this server's own way of speaking the standard last changed."""
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"

_SERVICES = query(
    """
    select code, names, unit, questions, open311 from categories
    where kind = 'report' and active and open311 <> 'off' order by position, code
    """
)
_SERVICE = query(
    """
    select code, names, unit, questions, open311, anonymous_allowed from categories
    where kind = 'report' and active and open311 <> 'off' and code = :code
    """
)
_DATATYPE = {"single": "singlevaluelist", "multiple": "multivaluelist"}
_HELP = {
    "number": "A number",
    "datetime": "ISO 8601 with offset, e.g. 2026-11-22T14:30:00+01:00",
    "single": "One of the values",
    "multiple": "Any of the values",
}


def discovery(settings: Settings) -> Document:
    """Where this server is (Open311 Service Discovery)."""
    root = settings.public_url.rstrip("/")
    endpoint = {
        "specification": SPECIFICATION,
        "url": root + PATH,
        "changeset": CHANGESET,
        "type": "production" if root.startswith("https://") else "test",
        "formats": ["text/xml", "application/json"],
    }
    contact = f"{root}/o-serwisie"
    content = {"changeset": CHANGESET, "contact": contact, "key_service": contact, "endpoints": [endpoint]}
    return Document("discovery", content)


async def services(session: AsyncSession, language: Language) -> Document:
    """GET Service List."""
    return Document("services", [_service(row, language) for row in await session.execute(_SERVICES)])


async def definition(session: AsyncSession, code: str, language: Language) -> Document:
    """GET Service Definition. AppError(NOT_FOUND)."""
    row = await require(session, code)
    questions = [Question.model_validate(one) for one in row.questions]
    attributes = [_attribute(number, question, language) for number, question in enumerate(questions, 1)]
    return Document("service_definition", {"service_code": row.code, "attributes": attributes})


async def require(session: AsyncSession, code: str) -> Any:
    """The category behind a service. AppError(NOT_FOUND)."""
    row = (await session.execute(_SERVICE, {"code": code})).first()
    if row is None:
        raise unknown("service_code")
    return row


def _service(row: Any, language: Language) -> dict[str, Any]:
    others = [row.names[one.value] for one in Language if one is not language]
    return {
        "service_code": row.code,
        "service_name": row.names[language.value],
        "description": row.names[language.value],
        "metadata": bool(row.questions),
        "type": row.open311,
        "keywords": ", ".join(name.replace(",", "") for name in others),
        "group": row.unit,
    }


def _attribute(order: int, question: Question, language: Language) -> dict[str, Any]:
    return {
        "variable": True,
        "code": question.code,
        "datatype": _DATATYPE.get(question.kind, question.kind),
        "required": question.required,
        "datatype_description": getattr(question.hint, language.value) if question.hint else _HELP.get(question.kind),
        "order": order,
        "description": getattr(question.label, language.value),
        "values": [{"key": choice.code, "name": getattr(choice.label, language.value)} for choice in question.choices],
    }
