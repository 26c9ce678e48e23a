"""Pictures and fragments for the tests of the spool."""

import itertools
from datetime import UTC, datetime

from hejnal_ingest.spool.fragments import FragmentBuilder
from hejnal_media.access_unit import AccessUnit, CodecParameters

START = datetime(2026, 1, 1, tzinfo=UTC)
PARAMETERS = CodecParameters("avc1.64001f", 1280, 720, bytes.fromhex("6764001facd940"), (b"\x68\xeb",))


def unit(ticks: int, *, key: bool = False, size: int = 10, delay_us: int = 0) -> AccessUnit:
    body = (b"\x65" if key else b"\x41") * size
    return AccessUnit(ticks, 1_767_225_600_000_000 + ticks * 100 // 9 + delay_us, key, [size.to_bytes(4, "big"), body], size + 4)


def builder(**options: float) -> FragmentBuilder:
    ids = (f"segment-{number}" for number in itertools.count())
    return FragmentBuilder("cam-001", PARAMETERS, segment_s=options.get("segment_s", 60), new_id=lambda: next(ids))
