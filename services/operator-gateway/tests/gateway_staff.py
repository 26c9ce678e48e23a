"""What tests of accounts share: set-up links, one-time codes, what was put on record."""

from typing import Any

import aiohttp
import pyotp
from gateway_house import Gateway
from sqlalchemy import select

from hejnal_gateway.tables import audit_entries
from hejnal_runtime.clock import SystemClock

GOOD_PASSWORD = "sowa rower kisiel latarnia"


def code_of(secret: str, offset_s: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(SystemClock().now().timestamp()) + offset_s)


async def call(browser: aiohttp.ClientSession, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """Status and JSON (None without a body) of a call to the API."""
    kwargs = {} if body is None else {"json": body}
    async with browser.request(method, "/api/v1" + path, headers=headers, **kwargs) as answer:
        return answer.status, await answer.json(content_type=None) if answer.status not in (204, 303) else None


def slug(problem: Any) -> str:
    return str(problem["type"]).rsplit(":", 1)[-1]


async def set_up(
    gateway: Gateway, url: str, password: str = GOOD_PASSWORD, **chosen: str
) -> tuple[aiohttp.ClientSession, Any, str]:
    """Follow a set-up link to its end: the browser that is signed in now, the answer, the TOTP secret."""
    token = url.partition("#")[2]
    browser = aiohttp.ClientSession(gateway.url, cookie_jar=aiohttp.CookieJar(unsafe=True))
    status, shown = await call(browser, "POST", "/account-setups/inspection", {"token": token})
    assert status == 200, shown
    body = {"token": token, "password": password, "code": code_of(shown["totp_secret"])} | chosen
    status, done = await call(browser, "POST", "/account-setups/completion", body)
    assert status == 200, done
    return browser, done, shown["totp_secret"]


async def on_record(gateway: Gateway, prefix: str, count: int) -> list[tuple[str, str]]:
    """Actions and outcomes of the audit log that begin so, once there are as many."""

    async def rows() -> Any:
        async with gateway.resources.database.read() as session:
            query = select(audit_entries).where(audit_entries.c.action.startswith(prefix)).order_by(audit_entries.c.position)
            found = (await session.execute(query)).mappings().all()
        return [(row["action"], row["outcome"]) for row in found] if len(found) >= count else None

    found: list[tuple[str, str]] = await gateway.eventually(rows)
    return found
