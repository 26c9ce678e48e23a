"""Real faults of what is kept and vouched for: the archive's disk, its files, keys, the clock, the audit log."""

import asyncio
import json
import os
import re
import shlex
import shutil
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from hejnal_local.control import as_administrator, partitions_of
from hejnal_recorder.export.keys import LEAF_DAYS, rotate_keys
from tests.chaos.stepped_clock import SteppedClock
from tests.e2e.town import ROOT

from .faults import Fault, ended, until_ready
from .house import House, query_of, soon
from .servers import until

FOREIGN = "obce-zrzut"
_LEAP_US = 2 * 3600 * 1_000_000


def filled(left: float) -> Fault:
    """Something foreign lies on the archive's disk and leaves this share of it."""

    def fill(house: House) -> None:
        usage = shutil.disk_usage(house.disk)
        size = usage.free - int(usage.total * left)
        assert size > 0, "the disk is fuller than that already"
        with (house.disk / FOREIGN).open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)

    return fill


def file_gone(house: House) -> None:
    """A file of the archive is deleted by hand, and somebody plays that minute."""
    camera = house.sql("select camera_id from recorder.segments order by starts_at limit 1")[0]["camera_id"]
    asked = query_of({"from": soon(-600), "to": soon(0)})
    status, _, playlist = house.staff("recorder", "GET", f"/internal/v1/cameras/{camera}/playlist.m3u8?{asked}")
    assert status == 200, playlist
    listed = re.findall(r"segments/([^/]+)/media", playlist)
    local = "select segment_id, path from recorder.segments where tier = 'local' and state = 'stored' and segment_id = any($1)"
    found = house.sql(local, listed)
    assert found, playlist
    (house.disk / found[0]["path"]).unlink()
    status, _, answer = house.staff("recorder", "GET", f"/internal/v1/segments/{found[0]['segment_id']}/media")
    assert status == 410, (status, answer)


def store_away(house: House) -> None:
    """The object store ends as soon as footage is moved there: a recorder with nothing to move would not miss it."""
    house.until_seen('hejnal_recorder_tier_bytes{tier="store"} > 0', timeout_s=900)
    ended("store")(house)


def key_nearly_over(house: House) -> None:
    """The evidence keys are those of a town that made them almost two years ago."""
    rotate_keys(house.local.keys.evidence, datetime.now(UTC) - timedelta(days=LEAF_DAYS - 20))


# --- the clock


def clock_that_can_be_set(house: House) -> SteppedClock:
    """The recorder runs under a clock of its own from now on."""
    place = house.folder / "clock"
    clock = SteppedClock(place)
    script = house.town.run / "programs" / "recorder"
    text = script.read_text(encoding="utf-8")
    plain = f"exec {shlex.quote(str(house.local.workspace.python))} -m hejnal_recorder"
    stepped = ROOT / "tests" / "chaos" / "stepped_clock.py"
    under = f"exec {shlex.quote(str(house.local.workspace.python))} {stepped} {place} hejnal_recorder"
    assert plain in text, text
    script.write_text(text.replace(plain, under), encoding="utf-8")
    house.supervisor.halt("recorder")
    until(lambda: house.state_of("recorder") == "STOPPED")
    house.supervisor.begin("recorder")
    until_ready(house, "recorder")
    return clock


def clock_set_wrongly(house: House) -> None:
    """The recorder's machine believes that it is two hours later."""
    clock = clock_that_can_be_set(house)
    house.until_seen('hejnal_recorder_clock_doubted_seconds == 0 and up{job="recorder"} == 1')
    clock.step(_LEAP_US)
    house.kept["clock"] = clock


def clock_set_right(house: House) -> None:
    """What the runbook asks for."""
    clock = house.kept["clock"]
    clock.step(-clock.offset_us)


# --- the audit log


def audit_log_changed(house: House) -> None:
    """The database's administrator rewrites an entry after its head was signed; then Kafka tells that head again."""
    head = until(lambda: house.sql("select position from gateway.audit_heads order by position desc limit 1"), timeout_s=90)
    position = head[0]["position"]
    entry = house.sql("select hash from gateway.audit_entries where position = $1", position)[0]
    _rewrite(house, position, bytes(32))
    house.kept["audit"] = (position, entry["hash"])
    record = _head_on_the_topic(house, position)

    async def again(producer: AIOKafkaProducer) -> None:
        await producer.send_and_wait(record.topic, record.value, key=record.key, headers=list(record.headers))

    house.produce(again)


def audit_log_restored(house: House) -> None:
    """The entry is brought back from the backup, when the officer has decided so."""
    position, digest = house.kept["audit"]
    _rewrite(house, position, digest)


def _rewrite(house: House, position: int, digest: bytes) -> None:
    """The table takes no changes; whoever owns the server switches that off and on again."""
    house.sql("alter table gateway.audit_entries disable trigger user")
    try:
        house.sql("update gateway.audit_entries set hash = $2 where position = $1", position, digest)
    finally:
        house.sql("alter table gateway.audit_entries enable trigger user")


def _head_on_the_topic(house: House, position: int) -> Any:
    async def read() -> Any:
        options = as_administrator(house.local)
        partitions = (await partitions_of(options, ["audit"]))["audit"]
        consumer = AIOKafkaConsumer(**options, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            ends = await consumer.end_offsets(partitions)
            while any([await consumer.position(one) < ends[one] for one in partitions]):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    for record in records:
                        kind = dict(record.headers).get("ce_type", b"")
                        if b"head-recorded" in kind and json.loads(record.value)["position"] == position:
                            return record
        finally:
            await consumer.stop()
        return None

    return until(lambda: asyncio.run(read()), timeout_s=60, every_s=2, what=f"the head of entry {position} on the topic")
