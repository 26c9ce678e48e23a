"""`python -m tests.restore.drill`: a town at work is backed up, goes on, is destroyed, restored, and asked what it knows.

Destroyed are databases, Kafka, keys, photos, spool and settings. What devices have received and the archive's disk are spared, as
if they lay elsewhere. Prints a JSON line per measurement; exit code 0 when nothing committed is lost and nobody is told twice.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from hejnal_local.seeds import SeedError

from .drill_town import DrillError, DrillTown, until

PROVIDER_RESTS_S = 420
"""A provider that has failed is tried again after at most five minutes."""
SPARED = ("archive", "sinks", "town")
# without accents, as SMS are sent
HALF_SENT, SENT, AFTER, FRESH = ("Proba: odpady", "Proba: droga", "Proba: po kopii", "Proba: po odtworzeniu")
OF_BEFORE_ON_ITS_WAY = (
    "select d.channel, d.state, coalesce(v.texts->'pl'->>'title', 'to one person') from notifier.deliveries d "
    "left join notifier.versions v using (version_id) where d.state in ('queued', 'sending', 'held') "
    "and coalesce(v.issued_at, d.created_at) <= (select max(restored_at) from notifier.restorations)"
)
"""The town lives on meanwhile: what is announced since the restore goes out, as it should."""

JPEG = b"\xff\xd8"


class Writer:
    """Somebody who goes on working while the backup is made. Notes what was acknowledged, and when."""

    def __init__(self, town: DrillTown) -> None:
        self._town = town
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self.acknowledged: list[tuple[str, datetime]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        until(lambda: len(self.acknowledged) > 20, "writing")
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)

    def _work(self) -> None:
        while not self._stop.is_set():
            made = self._town.staff("POST", "/announcement-drafts", {})
            self.acknowledged.append((made["id"], datetime.now(UTC)))


def tell(**measured: Any) -> None:
    """One line of the drill's report."""
    print(json.dumps(measured | {"load": round(os.getloadavg()[0], 1)}, ensure_ascii=False), flush=True)


def check(what: str, holds: bool, seen: Any = "") -> None:
    """One thing that must hold."""
    print(f"  {'ok ' if holds else 'NOT'} {what}{f': {seen}' if seen != '' else ''}", flush=True)
    if not holds:
        raise DrillError(what)


async def drill(folder: Path) -> None:
    """From the first start to the last question."""
    town = DrillTown.make(folder)
    try:
        tell(step="first start", seconds=round(town.start(), 1))
        taken_at, written = await before(town)
        destroyed_at = datetime.now(UTC)
        town.destroy(spared=SPARED)
        began = time.monotonic()
        said = town.command("restore")
        restored_s = time.monotonic() - began
        print("\n".join(f"    {line}" for line in said.splitlines()))
        tell(step="restore", seconds=round(restored_s, 1))
        started_s = town.start()
        tell(step="second start", seconds=round(started_s, 1), rto_s=round(restored_s + started_s, 1))
        tell(step="lost in between", rpo_s=round((destroyed_at - taken_at).total_seconds(), 1))
        await after(town, taken_at, written)
    finally:
        town.end()
        town.town.database.forget()


async def before(town: DrillTown) -> tuple[datetime, list[tuple[str, datetime]]]:
    """Work, a backup in the middle of it, and more work that the backup knows nothing of."""
    town.sign_in("operator")
    town.announce(SENT, "roads", "email")
    until(lambda: town.arrived("email", SENT), "the first e-mail")
    town.outage("sms", 600)
    town.announce(HALF_SENT, "waste", "sms")
    await until_row(town, "select 1 from notifier.deliveries where channel = 'sms' and attempts > 0 and state = 'queued'")
    await until_row(town, "select 1 from recorder.segments where camera_id = 'gst-001'")
    await until_row(town, "select 1 from gateway.audit_entries having count(*) > 1")
    with Writer(town) as writer:
        began = time.monotonic()
        said = town.command("backup")
        made_s = time.monotonic() - began
    print("\n".join(f"    {line}" for line in said.splitlines()))
    manifest = json.loads(next(iter(town.run.with_name("run-backups").glob("*/manifest.json"))).read_text())
    size_bytes = sum(part["size_bytes"] for part in manifest["parts"])
    rows = sum(table["rows"] for facts in manifest["schemas"].values() for table in facts["tables"].values())
    tell(step="backup", seconds=round(made_s, 1), size_mb=round(size_bytes / 1e6, 2), rows=rows)
    town.announce(AFTER, "roads", "email")
    until(lambda: town.arrived("email", AFTER), "the e-mail after the backup")
    town.outage("sms", 0)
    until(lambda: town.arrived("sms", HALF_SENT), "the SMS after the backup", timeout_s=PROVIDER_RESTS_S)
    return datetime.fromisoformat(manifest["taken_at"]), writer.acknowledged


async def after(town: DrillTown, taken_at: datetime, written: list[tuple[str, datetime]]) -> None:
    """Everything that must hold."""
    due = {draft for draft, at in written if at < taken_at}
    there = {row[0] for row in await town.rows("select id from citizen.announcement_drafts")}
    check("what was acknowledged before the backup's moment is there", due <= there, f"{len(due)} of {len(written)} drafts")
    chain = json.loads(town.service("operator-gateway", "audit-check").partition("{")[2].join(["{", ""]))
    check("the audit log's chain is intact", chain["intact"] and chain["entries"] > 1, f"{chain['entries']} entries")
    browser = town.sign_in("operator")
    check("an operator signs in with password and one-time code", browser.get("/api/v1/session").status_code == 200)
    await footage(town, browser, taken_at)
    await messages(town)


async def footage(town: DrillTown, browser: Any, taken_at: datetime) -> None:
    """Old footage plays, new footage comes from a camera with a password, and the index fits the files."""
    now = datetime.now(UTC)
    query = "select 1 from recorder.segments where camera_id = 'gst-001' and ends_at > $1"
    await until_row(town, query, now + timedelta(seconds=2))
    check("a camera with a password is recorded again", True)
    query = "select max(starts_at) from recorder.segments where camera_id = 'cam-001' and ends_at < $1 and state <> 'garbage'"
    ((at,),) = await town.rows(query, taken_at)
    moment = (at + timedelta(seconds=1)).isoformat()
    picture = browser.get("/api/v1/archive/cameras/cam-001/snapshot", params={"at": moment})
    plays = picture.status_code == 200 and picture.content[:2] == JPEG
    check("footage of before plays", plays, len(picture.content) if plays else picture.text[:200])
    said = town.service("recorder", "check", "--repair", "--orphans-older-than-s", "30")
    left = [json.loads(line) for line in said.splitlines() if line.startswith("{") and '"kind"' in line]
    check("index and files fit after check --repair", left == [], left[:3])
    ((lost_s,),) = await town.rows(
        "select coalesce(extract(epoch from sum(ends_at - starts_at)), 0)::float from recorder.gaps where camera_id = 'cam-001' "
        "and ends_at > $1", taken_at,
    )  # fmt: skip
    tell(step="footage not recorded or lost from the backup's moment on, one camera", seconds=round(lost_s, 1))


async def messages(town: DrillTown) -> None:
    """Nobody is told twice; what is announced now reaches those who wished for it."""
    told = town.service("notifier", "restored", "list").splitlines()
    waiting = [json.loads(line) for line in told if line.startswith('{"announcement_id"')]
    check("what may have been sent waits for a decision", any(one["title"] == HALF_SENT for one in waiting), len(waiting))
    town.announce(FRESH, "roads", "email")
    until(lambda: town.arrived("email", FRESH), "the e-mail after the restore")
    check("residents' wishes have reached the notifier again", True)
    on_its_way = await town.rows(OF_BEFORE_ON_ITS_WAY)
    check("nothing from before is on its way", not on_its_way, on_its_way[:3])
    for channel, title in (("email", SENT), ("sms", HALF_SENT), ("email", AFTER), ("email", FRESH)):
        got = town.arrived(channel, title)
        check(f"told once by {channel}: {title}", len(got) == 1 and not got[0].get("repeat"), len(got))


async def until_row(town: DrillTown, query: str, *values: Any, timeout_s: float = 120) -> None:
    """Wait until a query gives a row."""
    deadline = time.monotonic() + timeout_s
    while not await town.rows(query, *values):
        if time.monotonic() > deadline:
            raise DrillError(f"no row within {timeout_s:.0f} s: {query}")
        await asyncio.sleep(0.3)


def main() -> int:
    """0 when the drill went well."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the town is ended, too
    folder = Path(tempfile.mkdtemp(prefix="hejnal-drill-"))
    folder.chmod(0o711)  # PostgreSQL's own user has to pass through
    try:
        asyncio.run(drill(folder))
    except (DrillError, SeedError) as error:
        print(f"\nthe drill failed: {error}", file=sys.stderr)
        logs = folder / "run" / "log"
        if logs.is_dir():
            shutil.copytree(logs, Path(__file__).parents[2] / "test-results" / "restore-logs", dirs_exist_ok=True)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("\nthe restore drill: everything committed before the backup is there, nobody was told twice")
    return 0


if __name__ == "__main__":
    sys.exit(main())
