"""Public: contacts and guides."""

from pathlib import Path

import structlog
from fastapi import APIRouter, Response
from pydantic import TypeAdapter, ValidationError

from hejnal_citizen.access import Res
from hejnal_citizen.guides.content import ALARM_SIGNALS, EMERGENCY_NUMBERS
from hejnal_citizen.guides.schemas import AlarmSignalGuide, Contacts, TownContact
from hejnal_citizen.schema import problems
from hejnal_contracts.base import Language

log = structlog.get_logger()
router = APIRouter(tags=["guides"])

CACHED = "public, max-age=3600"
_LIST: TypeAdapter[list[TownContact]] = TypeAdapter(list[TownContact])


@router.get("/contacts", responses=problems())
def list_contacts(res: Res, response: Response) -> Contacts:
    """Whom to call: the town's own contacts, then the national emergency numbers."""
    response.headers["Cache-Control"] = CACHED
    return Contacts(items=[*_own(res.settings.contacts_file), *EMERGENCY_NUMBERS])


@router.get("/guides/alarm-signals", responses=problems())
async def alarm_signal_guide(response: Response, language: Language = Language.PL) -> AlarmSignalGuide:
    """What the sirens mean and what to do, in one language."""
    response.headers["Cache-Control"] = CACHED
    response.headers["Content-Language"] = language.value
    return ALARM_SIGNALS[language]


def _own(file: Path | None) -> list[TownContact]:
    """The town's own list; a file that is missing or wrong must not hide the emergency numbers."""
    if file is None:
        return []
    try:
        return _LIST.validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        log.warning("contacts_file_unusable", file=str(file), error=str(error)[:500])
        return []
