"""SMSCs to speak with: other people's and our own simulator, each with what its phones have got."""

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import smpp34

from hejnal_contracts.announcements import Text
from hejnal_contracts.base import Channel, Language, Severity
from hejnal_local.ports import free_ports
from hejnal_local.workspace import Workspace
from hejnal_notifier.channels.sms.smpp_text import from_gsm7
from hejnal_notifier.sending.job import AnnouncementContent, Job
from hejnal_notifier.sinks.conditions import Conditions
from hejnal_notifier.sinks.mailbox import Mailbox
from hejnal_notifier.sinks.smsc import Smsc as OurSmsc
from hejnal_runtime.clock import SystemClock

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def job(number: str, words: str = "Pękła rura.", severity: Severity = Severity.WARNING) -> Job:
    content = AnnouncementContent(
        version_id=1,
        announcement_id="a",
        version=1,
        kind="issued",
        category="water",
        severity=severity,
        texts={Language.PL: Text(title="Woda", body="…", sms=words)},
        valid_from=NOW,
        valid_until=NOW + timedelta(hours=6),
        page_url="https://miasto.example/k/1",
        drill=False,
        issued_at=NOW,
    )
    far = SystemClock().now() + timedelta(hours=6)
    return Job(
        delivery_id=uuid4(),
        channel=Channel.SMS,
        provider="smpp",
        attempt=1,
        in_doubt=False,
        lease_until=far,
        not_before=NOW,
        created_at=NOW,
        expires_at=far,
        resident_id="r",
        contact_id="c",
        address=number,
        push_p256dh="",
        push_auth="",
        push_server_key=None,
        unsubscribe_url="",
        language=Language.PL,
        content=content,
    )


@dataclass
class Peer:
    """An SMSC that runs, and what its phones have got."""

    port: int
    arrived: list[dict[str, Any]] = field(default_factory=list)
    text: Callable[[str, str], Awaitable[None]] | None = None


async def _npm(tmp_path: Path) -> AsyncIterator[Peer]:
    del tmp_path
    node = shutil.which("node")
    assert node is not None, "Node is not on the path: the suites put it there"
    script = Workspace.of_this_clone().web / "tooling" / "smsc.mjs"
    process = await asyncio.create_subprocess_exec(
        node, str(script), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "NODE_OPTIONS": ""}
    )
    assert process.stdout is not None
    assert process.stdin is not None
    stdin = process.stdin
    peer = Peer(json.loads(await asyncio.wait_for(process.stdout.readline(), 20))["port"])

    async def read() -> None:
        while line := await process.stdout.readline():  # type: ignore[union-attr]
            peer.arrived.append(json.loads(line))

    async def text(sender: str, words: str) -> None:
        stdin.write(json.dumps({"from": sender, "text": words}).encode() + b"\n")
        await stdin.drain()

    peer.text = text
    reading = asyncio.create_task(read())
    yield peer
    process.kill()
    await process.wait()
    reading.cancel()


async def _rust(tmp_path: Path) -> AsyncIterator[Peer]:
    del tmp_path
    (port,) = free_ports(1)
    server = smpp34.Server("127.0.0.1", port, system_id="rust")
    await server.start()
    peer = Peer(port)
    sessions: dict[str, smpp34.Esme] = {}
    throttled: dict[str, int] = {}
    receipts: set[asyncio.Task[Any]] = set()

    async def receipt(session: smpp34.Esme, event: smpp34.SubmitSmEvent, name: str) -> None:
        await asyncio.sleep(0.05)
        state = "UNDELIV" if event.destination_addr.endswith("3") else "DELIVRD"
        words = f"id:{name} sub:001 dlvrd:001 submit date:2611201200 done date:2611201200 stat:{state} err:000 text:"
        await session.deliver_sm(
            event.source_addr, words.encode(), source_addr=event.destination_addr, source_addr_ton=1, esm_class=4
        )

    async def serve() -> None:
        while True:
            event = await server.next()
            if isinstance(event, smpp34.Esme):
                sessions[event.session_id] = event
            elif isinstance(event, smpp34.SubmitSmEvent):
                to = event.destination_addr
                if to.endswith("8") and throttled.get(to, 0) < 2:
                    throttled[to] = throttled.get(to, 0) + 1
                    event.reject(smpp34.ESME_RTHROTTLED)
                    continue
                name = f"rust-{len(peer.arrived)}"
                octets, part = bytes(event.short_message), None
                if event.esm_class & 0x40:
                    part, octets = list(octets[3:6]), octets[6:]
                words = octets.decode("utf-16-be") if event.data_coding == 8 else from_gsm7(octets)
                peer.arrived.append({"id": name, "to": to, "text": words, "part": part, "from": event.source_addr})
                if to.endswith("9"):
                    peer.arrived[-1]["held"] = event  # never answered
                    continue
                event.accept(name)
                task = asyncio.create_task(receipt(sessions[event.session_id], event, name))
                receipts.add(task)
                task.add_done_callback(receipts.discard)

    async def text(sender: str, words: str) -> None:
        await next(iter(sessions.values())).deliver_sm("3123", words.encode("ascii"), source_addr=sender, source_addr_ton=1)

    peer.text = text
    serving = asyncio.create_task(serve())
    yield peer
    serving.cancel()
    with contextlib.suppress(TimeoutError):  # it waits for sessions that have been closed already
        await asyncio.wait_for(server.stop(), 2)


async def _ours(tmp_path: Path) -> AsyncIterator[Peer]:
    del tmp_path
    mailbox = Mailbox()
    smsc = OurSmsc(mailbox, Conditions(), password="secret")
    server = await smsc.start("127.0.0.1", 0)
    peer = Peer(server.sockets[0].getsockname()[1])

    class Arrived(list[dict[str, Any]]):
        def __iter__(self) -> Any:
            return iter([{"to": one.to.lstrip("+"), "text": one.text, "part": None} for one in mailbox.find(channel="sms")])

    peer.arrived = Arrived()

    async def text(sender: str, words: str) -> None:
        assert await smsc.text(sender, words)

    peer.text = text
    yield peer
    server.close()
    await smsc.close()


PEER_KINDS = {"npm": _npm, "rust": _rust, "ours": _ours}
