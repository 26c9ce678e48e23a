"""The whole API under schemathesis: whatever is sent, no answer is a server error."""

import asyncio
import os
import sys
from pathlib import Path

import aiohttp
import pytest

CASES = os.environ.get("HEJNAL_FUZZ_API_CASES", "3")
PRIVATE = "/(residents|footage-requests)"
OPERATIONS = "^/(readyz|healthz|metrics|.well-known)"

AND_STAY = ("--exclude-operation-id", "erase_me", "--exclude-operation-id", "sign_out")


async def fuzz(url, headers, log, *choice):
    """Run the tool as its users do; its report when something failed."""
    command = [str(Path(sys.executable).with_name("st")), "run", f"{url}/openapi.json", "--url", url]
    command += ["--checks", "not_a_server_error", "--max-examples", CASES, "--phases", "examples,coverage,fuzzing"]
    command += ["--seed", "1", "--generation-database", "none", "--request-timeout", "20", "--no-color", "--workers", "1"]
    command += choice
    command += ["--continue-on-failure", "--suppress-health-check", "all"]
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*command, stdout=output, stderr=output, cwd=log.parent)
        try:
            code = await asyncio.wait_for(process.wait(), 3600)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    said = log.read_text(errors="replace")
    assert code == 0, said[-6000:]
    return said


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_residents_door_gives_no_server_error(open_house, running, tmp_path):
    async with open_house() as house, running(house, bootstrap="127.0.0.1:1", REPORTS_PER_IP_HOUR=100_000) as town:
        async with aiohttp.ClientSession() as http:
            origin = {"Origin": town.public}
            contact = {"contact": "anna@example.pl"}
            async with http.post(f"{town.public}/api/v1/sign-in/codes", json=contact, headers=origin) as answer:
                challenge = (await answer.json())["challenge_id"]
            body = {"challenge_id": challenge, "code": house.codes.last}
            async with http.post(f"{town.public}/api/v1/sign-in/sessions", json=body, headers=origin) as answer:
                session = answer.cookies["hejnal_session"].value
        await fuzz(town.public, origin | {"Cookie": f"hejnal_session={session}"}, tmp_path / "public.log", *AND_STAY)
        assert town.process.returncode is None


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("role", "choice"),
    [("admin", ("--exclude-path-regex", f"{OPERATIONS}|{PRIVATE}")), ("dpo", ("--include-path-regex", PRIVATE))],
)
async def test_staff_door_gives_no_server_error(open_house, running, tmp_path, role, choice):
    async with open_house() as house, running(house, bootstrap="127.0.0.1:1") as town:
        token = house.gateway.issue("citizen-api", subject="staff-1", role=role, ttl_s=300)
        await fuzz(town.internal, {"Authorization": f"Bearer {token}"}, tmp_path / "staff.log", *choice)
        assert town.process.returncode is None
