"""P7: 100,000 web pushes to a push service that decrypts and counts; residents × three channels; the plan; one announcement.

The notifier, the simulators, Kafka and PostgreSQL (durable) run as in a town; the announcement comes in by Kafka and the clock
stops when the simulators have counted the last arrival. Peers: the same pushes by pywebpush one after the other, as its readers
are shown it, and by aiohttp and http_ece 64 at a time; neither has a queue behind it. Then an outage of all providers, ten
minutes long, and what the idle notifier costs. Prints one JSON line per measurement.
`python tests/bench/bench_notify.py [--pushes 100000] [--residents 1500] [--plan 100000] [--outage-s 600]
[--only push,residents,plan,single,outage,idle]`
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from notify_house import House, house, line
from notify_peers import bare_push, pywebpush_push
from servers import kafka_and_postgres


async def hand_over(town: House, measure: str, category: str, expected: int, bound_s: float) -> None:
    """Announce and wait until the simulators have counted everything."""
    before = sum(one["shown"] for one in (await town.counts()).values())
    cpu = {"notifier": town.notifier.cpu_s(), "receiver": town.sinks.cpu_s()}
    start, rss = time.monotonic(), [town.notifier.rss_mb()]
    fact = await town.announce(category)
    plan_s = await town.planned(fact.announcement_id)
    shown = 0
    while shown < expected and time.monotonic() - start < 10 * bound_s:
        await asyncio.sleep(0.1)
        shown = sum(one["shown"] for one in (await town.counts()).values()) - before
        rss.append(town.notifier.rss_mb())
    seconds = time.monotonic() - start
    await asyncio.sleep(1.5)
    counts = await town.counts()
    line(
        system="hejnal",
        measure=measure,
        deliveries=await town.deliveries(fact.announcement_id),
        seconds=round(seconds, 2),
        per_second=round(shown / seconds),
        plan_seconds=round(plan_s, 2),
        lost=expected - shown,
        doubled=sum(one["shown"] for one in counts.values()) - before - shown,
        repeats_on_the_wire=sum(one["repeats"] for one in counts.values()),
        cpu_s={
            "notifier": round(town.notifier.cpu_s() - cpu["notifier"], 1),
            "receiver": round(town.sinks.cpu_s() - cpu["receiver"], 1),
        },
        rss_mb={"start": rss[0], "quarter": rss[len(rss) // 4], "end": rss[-1], "most": max(rss)},
        met=seconds <= bound_s and shown == expected,
    )


async def push(town: House, count: int) -> None:
    """Growth over four sizes, then the peer."""
    cpu = 0.0
    for size in (count // 8, count // 4, count // 2, count):
        devices = await town.devices(size)
        cpu = town.notifier.cpu_s()
        contacts = [(one["endpoint"], one["keys"]["p256dh"], one["keys"]["auth"]) for one in devices]
        await town.residents(f"push{size}", {"push": contacts})
        await hand_over(town, "web push", f"push{size}", size, 60.0 * size / 100_000)
    ours = (town.notifier.cpu_s() - cpu) / count
    await pywebpush_push(town, await town.devices(max(1, count // 50)), ours)
    await bare_push(town, await town.devices(count // 8))


async def residents(town: House, count: int) -> None:
    """Everyone on three channels."""
    devices = await town.devices(count)
    contacts: dict[str, list[tuple[str, str | None, str | None]]] = {
        "push": [(one["endpoint"], one["keys"]["p256dh"], one["keys"]["auth"]) for one in devices],
        "email": [(f"r{number}@example.pl", None, None) for number in range(count)],
        "sms": [(f"+48{500_100_000 + number}9", None, None) for number in range(count)],
    }
    await town.residents("residents", contacts)
    await hand_over(town, "residents on three channels", "residents", 3 * count, 10.0)


async def outage(town: House, seconds: int, count: int) -> None:
    """All providers are away for so long; then everything goes, but for what has expired meanwhile."""
    devices = await town.devices(count)
    contacts: dict[str, list[tuple[str, str | None, str | None]]] = {
        "push": [(one["endpoint"], one["keys"]["p256dh"], one["keys"]["auth"]) for one in devices],
        "email": [(f"o{number}@example.pl", None, None) for number in range(count)],
        "sms": [(f"+48{501_100_000 + number}9", None, None) for number in range(count)],
    }
    await town.residents("outage", contacts)
    await town.outage(seconds)
    began = time.monotonic()
    before = await town.shown()
    matters = await town.announce("outage")
    outdated = await town.announce("outage", valid_for=timedelta(seconds=seconds / 2))
    await asyncio.sleep(max(0.0, began + seconds - time.monotonic() - 1))
    during = await town.shown() - before
    rss, over = town.notifier.rss_mb(), began + seconds
    while await town.shown() - before < 3 * count and time.monotonic() - over < 1800:
        await asyncio.sleep(0.2)
    took = time.monotonic() - over
    await asyncio.sleep(3)
    states = await town.states(matters.announcement_id)
    shown = await town.shown() - before
    line(
        system="hejnal",
        measure="outage of all providers",
        outage_s=seconds,
        deliveries=6 * count,
        shown_during=during,
        delivered_after_s=round(took, 1),
        lost=max(0, 3 * count - shown),
        doubled=max(0, shown - 3 * count),
        not_noted_yet=3 * count - states.get("sent", 0) - states.get("delivered", 0),
        expired=(await town.states(outdated.announcement_id)).get("expired", 0),
        rss_mb={"outage": rss, "end": town.notifier.rss_mb()},
        met=shown == 3 * count and during == 0,
    )


async def idle(town: House, seconds: int) -> None:
    """What it costs when nothing happens."""
    await asyncio.sleep(15)
    cpu, start = town.notifier.cpu_s(), time.monotonic()
    await asyncio.sleep(seconds)
    share = (town.notifier.cpu_s() - cpu) / (time.monotonic() - start)
    line(system="hejnal", measure="idle", seconds=seconds, percent_of_a_core=round(100 * share, 2), rss_mb=town.notifier.rss_mb())


async def plan(town: House, count: int) -> None:
    """The plan alone: no provider is set up, so nothing is sent."""
    for size in (count // 8, count // 4, count // 2, count):
        await town.residents(f"plan{size}", {"email": [(f"p{size}-{number}@example.pl", None, None) for number in range(size)]})
        fact = await town.announce(f"plan{size}")
        seconds = await town.planned(fact.announcement_id)
        planned = await town.deliveries(fact.announcement_id)
        met = seconds <= 2.0 * size / 100_000 + 0.2 and planned == size
        line(
            system="hejnal",
            measure="plan",
            deliveries=planned,
            seconds=round(seconds, 3),
            per_second=round(size / seconds),
            met=met,
        )


async def single(town: House, count: int) -> None:
    """One announcement to one resident: from the fact to the device."""
    (device,) = await town.devices(1)
    contact = (device["endpoint"], device["keys"]["p256dh"], device["keys"]["auth"])
    await town.residents("single", {"push": [contact]})
    took = []
    for _ in range(count):
        before = (await town.counts())["push"]["shown"]
        start = time.monotonic()
        await town.announce("single")
        while (await town.counts())["push"]["shown"] == before and time.monotonic() - start < 10:
            await asyncio.sleep(0.005)
        took.append(time.monotonic() - start)
        await asyncio.sleep(0.3)
    took.sort()
    latency_ms = {"p50": round(1000 * took[len(took) // 2]), "max": round(1000 * took[-1])}
    line(system="hejnal", measure="announcement to device", deliveries=count, latency_ms=latency_ms, met=took[-1] <= 2)


async def main() -> None:
    """Run what was asked for, each on a house of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pushes", type=int, default=100_000)
    parser.add_argument("--residents", type=int, default=1500)
    parser.add_argument("--plan", type=int, default=100_000)
    parser.add_argument("--single", type=int, default=20)
    parser.add_argument("--outage-s", type=int, default=600)
    parser.add_argument("--idle-s", type=int, default=60)
    parser.add_argument("--only", default="single,residents,plan,push,outage,idle")
    options = parser.parse_args()
    measures: dict[str, tuple[Callable[[House, int], Awaitable[None]], int]] = {
        "single": (single, options.single),
        "residents": (residents, options.residents),
        "push": (push, options.pushes),
        "outage": (partial(outage, count=options.residents), options.outage_s),
        "idle": (idle, options.idle_s),
    }
    with kafka_and_postgres() as (bootstrap, admin_url), tempfile.TemporaryDirectory(prefix="hejnal-bench-notify-") as folder:
        for name in options.only.split(","):
            if name == "plan":
                off = {"PUSH_ENABLED": "false", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "1", "EMAIL_CONCURRENCY": "1"}
                async with house(bootstrap, admin_url, Path(folder), **off) as town:
                    await plan(town, options.plan)
                continue
            run, size = measures[name]
            async with house(bootstrap, admin_url, Path(folder)) as town:
                await run(town, size)


if __name__ == "__main__":
    asyncio.run(main())
