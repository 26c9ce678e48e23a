"""Whole sessions with cameras whose answers are nearly right: only RtspError comes out, and always soon."""

import asyncio
import random
from collections import Counter

import pytest

from hejnal_media.rtsp import Credentials, RtspError, RtspSession, SessionLimits
from hejnal_media.rtsp.message import Request
from hejnal_media.simulator.scripted import camera
from tests.conformance.rtsp.exchange_files import EXCHANGES, answer_of, answers
from tests.fuzz.mutations import Mutator
from tests.fuzz.targets import CheckingSink, all_targets

CASES = 60
LIMITS = SessionLimits(connect_timeout_s=1, response_timeout_s=0.05, teardown_timeout_s=0.05)
LONGEST_S = 5.0
CHANNELS = {"a-good-camera": (0, 96), "an-odd-camera": (2, 35), "an-h265-camera": (0, 98)}


@pytest.fixture(scope="module")
def media() -> dict[str, bytes]:
    """What each camera sends after PLAY: its channel and payload type are those of its answers."""
    targets = {target.name: target for target in all_targets()}
    found: dict[str, bytes] = {}
    for name, (channel, payload_type) in CHANNELS.items():
        stream = bytearray(targets["h265" if "h265" in name else "h264"].seeds[0])
        position = 0
        while position < len(stream):
            size = int.from_bytes(stream[position + 2 : position + 4], "big")
            stream[position + 1] = channel
            stream[position + 5] = stream[position + 5] & 0x80 | payload_type
            position += 4 + size
        found[name] = bytes(stream)
    return found


@pytest.mark.parametrize("seed", range(4))
async def test_answers_that_are_nearly_right(media: dict[str, bytes], seed: int) -> None:
    assert {path.stem for path in EXCHANGES.glob("*.txt")} == set(CHANNELS)
    loop = asyncio.get_running_loop()
    chance = random.Random(seed)
    ends: Counter[str] = Counter()
    for number in range(CASES):
        name = chance.choice(sorted(CHANNELS))
        told = answers(name)
        wrong = chance.choice(["OPTIONS", "DESCRIBE", "DESCRIBE", "SETUP", "SETUP", "PLAY", "TEARDOWN"])

        def answer(request: Request, number: int = number, name: str = name, told: dict = told, wrong: str = wrong) -> bytes:
            right = answer_of(told, request)
            if request.method == "PLAY":
                right += media[name]
            if request.method != wrong:
                return right
            return Mutator([right]).make(f"dialogue/{seed}/{number}/{request.sequence}")

        began = loop.time()
        async with camera(answer) as (_, where):
            sink = CheckingSink()
            session = RtspSession(f"rtsp://{where}/", sink, audio=sink, limits=LIMITS, credentials=Credentials("a", "b"))
            try:
                await session.open()
                async with asyncio.timeout(0.05):
                    await session.run()
            except RtspError as error:
                ends[error.fault.value] += 1
            except TimeoutError:
                ends["playing"] += 1
            await session.close()
            ends["with pictures"] += sink.octets > 0
        assert loop.time() - began < LONGEST_S, f"case {seed}/{number}"
    assert ends["with pictures"] > CASES / 4, ends
    assert len(ends) >= 4, ends
