"""The example of docs/examples/alerts runs as an outside system would run it, against what the gateway tells."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from gateway_house import Gateway

from hejnal_gateway.accounts.roles import Role
from hejnal_runtime.ids import new_id

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "alerts" / "consume_alerts.py"


async def test_an_outside_system_follows_the_topic(gateway: Gateway) -> None:
    settings = gateway.settings
    topic = settings.topic_prefix + "alerts"
    command = (sys.executable, str(EXAMPLE), "--bootstrap", settings.kafka_bootstrap, "--topic", topic, "--group", topic)
    async with gateway.signed_in(Role.DISPATCHER) as darek:
        body = {"request_id": new_id(), "severity": "emergency", "summary": "Zerwana linia", "address": "Długa 4"}
        async with darek.post("/api/v1/alerts", json=body) as answer:
            alert_id = (await answer.json())["alert_id"]
        example = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        try:
            raised = await _line(example)
            assert (raised["state"], raised["summary"], raised["version"]) == ("raised", "Zerwana linia", 1)
            for act, sent in (("acknowledgement", None), ("assignment", {"to": "P2"}), ("resolution", {"outcome": "handled"})):
                async with darek.post(f"/api/v1/alerts/{alert_id}/{act}", json=sent) as answer:
                    assert answer.status == 200
            states = [await _line(example) for _ in range(3)]
            assert [one["state"] for one in states] == ["acknowledged", "assigned", "resolved"]
            assert (states[-1]["to"], states[-1]["outcome"]) == ("P2", "handled")
        finally:
            example.kill()
            await example.wait()


async def _line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    async with asyncio.timeout(30):
        line: dict[str, Any] = json.loads(await process.stdout.readline())
    return line
