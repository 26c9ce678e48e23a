"""`python -m hejnal_ingest probe URL`: a card at the desk of whoever mounts the camera."""

import asyncio
import json
import time

from hejnal_contracts.probes import Grade, ProbeLine
from hejnal_ingest.probe.card import card_of, worst
from hejnal_ingest.probe.listening import listen
from hejnal_ingest.settings import Settings
from hejnal_ingest.sources.choose import SourceContext
from hejnal_ingest.sources.native import NativePlaces
from hejnal_media.rtsp import ReceiveBuffer, SessionLimits

_MARKS: dict[Grade, str] = {"good": "+", "usable": "~", "bad": "!"}


def run_probe(url: str, *, seconds: float, as_json: bool) -> tuple[str, bool]:
    """The card as text or JSON, and whether the camera can be used. An account may stand in the URL (it is not in the card)."""
    settings = Settings()
    context = SourceContext(
        now_us=lambda: time.time_ns() // 1000,
        buffer=ReceiveBuffer(),
        limits=SessionLimits(settings.connect_timeout_s, settings.response_timeout_s),
        places=NativePlaces(2),
        no_video_s=settings.no_video_s,
        media_dir=settings.media_dir,
    )
    found = asyncio.run(listen(context, url, None, seconds=seconds, try_second=True))
    lines = card_of(found)
    grade = worst(lines)
    if as_json:
        card = {"grade": grade, "lines": [line.model_dump() for line in lines]}
        return json.dumps(card, ensure_ascii=False, indent=2), grade != "bad"
    head = f"{grade.upper()}  (listened {found.listened_s:.0f} s)"
    return "\n".join([head, *map(_printed, lines)]), grade != "bad"


def _printed(line: ProbeLine) -> str:
    text = f"{_MARKS[line.grade]} {line.subject.replace('_', ' '):15} {line.value}"
    return text + "".join(f"\n{'':18}{advice}" for advice in (line.advice_pl, line.advice_en) if advice)
