"""Whole sessions with cameras whose answers are nearly right: only RtspError comes out, and always soon."""

import asyncio
import contextlib

import pytest

from hejnal_media.rtsp import Credentials, RtspError, RtspSession, SessionLimits
from hejnal_media.rtsp.message import Request
from hejnal_media.simulator.scripted import camera
from tests.fuzz.mutations import Mutator
from tests.fuzz.targets import CheckingSink, all_targets

CASES = 60
LIMITS = SessionLimits(connect_timeout_s=1, response_timeout_s=0.05, teardown_timeout_s=0.05)
LONGEST_S = 3.0


@pytest.fixture(scope="module")
def seeds() -> dict[str, list[bytes]]:
    targets = {target.name: target for target in all_targets()}
    described = [
        b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: %d\r\n\r\n%s" % (len(b), b) for b in targets["description"].seeds
    ]
    return {"DESCRIBE": described, "": list(targets["message"].seeds), "PLAY": list(targets["stream"].seeds)}


@pytest.mark.parametrize("seed", range(4))
async def test_answers_that_are_nearly_right(seeds: dict[str, list[bytes]], seed: int) -> None:
    mutators = {method: Mutator(found) for method, found in seeds.items()}
    loop = asyncio.get_running_loop()
    for number in range(CASES):

        def answer(request: Request, number: int = number) -> bytes:
            mutator = mutators.get(request.method, mutators[""])
            name = f"dialogue/{seed}/{number}/{request.method}/{request.sequence}"
            plain = seeds.get(request.method, seeds[""])
            return mutator.make(name) if hash_of(name) % 3 == 0 else plain[hash_of(name) % len(plain)]

        began = loop.time()
        async with camera(answer) as (_, where):
            sink = CheckingSink()
            session = RtspSession(f"rtsp://{where}/", sink, audio=sink, limits=LIMITS, credentials=Credentials("a", "b"))
            with contextlib.suppress(RtspError, TimeoutError):
                await session.open()
                async with asyncio.timeout(0.05):
                    await session.run()
            await session.close()
        assert loop.time() - began < LONGEST_S, f"case {seed}/{number}"


def hash_of(text: str) -> int:
    """The same in every process."""
    return int.from_bytes(text.encode()[-12:], "big") * 2654435761 >> 16
