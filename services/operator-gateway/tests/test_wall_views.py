"""Saved views of the wall: own, shared, changed by two at once, and refused."""

from typing import Any

import aiohttp
from gateway_house import Gateway

from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.views.views import MOST_TILES, MOST_VIEWS

VIEWS = "/api/v1/account/views"


def draft(**changes: Any) -> dict[str, Any]:
    return {"name": "Rynek", "number": 1, "layout": 4, "tiles": ["cam-1", None, "cam-2"], "shared_with": []} | changes


async def ask(browser: aiohttp.ClientSession, method: str, path: str = VIEWS, **body: Any) -> tuple[int, dict[str, Any]]:
    async with browser.request(method, path, json=body or None) as answer:
        return answer.status, {} if answer.status == 204 else await answer.json()


async def numbers(browser: aiohttp.ClientSession) -> list[tuple[int, str, bool]]:
    _, body = await ask(browser, "GET")
    return [(item["number"], item["name"], item["own"]) for item in body["items"]]


async def test_a_view_is_kept_for_its_account_and_for_the_roles_it_is_shared_with(gateway: Gateway) -> None:
    async with (
        gateway.signed_in(Role.OPERATOR) as anna,
        gateway.signed_in(Role.OPERATOR) as basia,
        gateway.signed_in(Role.DISPATCHER) as duty,
    ):
        status, kept = await ask(anna, "POST", **draft(number=2, shared_with=["dispatcher"]))
        assert status == 201
        assert kept["tiles"] == ["cam-1", None, "cam-2"]
        assert (await ask(anna, "POST", **draft(name="Dworzec")))[0] == 201
        assert await numbers(anna) == [(1, "Dworzec", True), (2, "Rynek", True)]
        assert await numbers(basia) == []
        assert (await ask(duty, "POST", **draft(name="Nocny", number=7)))[0] == 201
        assert await numbers(duty) == [(7, "Nocny", True), (2, "Rynek", False)]

        path = f"{VIEWS}/{kept['view_id']}"
        for other in (basia, duty):
            assert (await ask(other, "PUT", path, **draft(version=1)))[0] == 404
            assert (await ask(other, "DELETE", path))[0] == 404
        assert (await ask(anna, "DELETE", path))[0] == 204
        assert await numbers(duty) == [(7, "Nocny", True)]


async def test_a_change_made_from_an_older_version_is_refused(gateway: Gateway) -> None:
    async with gateway.signed_in() as browser:
        _, kept = await ask(browser, "POST", **draft())
        path = f"{VIEWS}/{kept['view_id']}"
        status, changed = await ask(browser, "PUT", path, **draft(version=1, name="Rynek i ratusz", layout=9))
        assert (status, changed["version"], changed["layout"]) == (200, 2, 9)
        status, problem = await ask(browser, "PUT", path, **draft(version=1))
        assert (status, problem["type"]) == (409, "urn:hejnal:problem:view-changed-meanwhile")


async def test_numbers_are_taken_once_and_bad_views_are_refused(gateway: Gateway) -> None:
    async with gateway.signed_in() as browser:
        assert (await ask(browser, "POST", **draft()))[0] == 201
        status, problem = await ask(browser, "POST", **draft(name="Inny"))
        assert (status, problem["type"]) == (409, "urn:hejnal:problem:view-number-taken")
        for wrong in (
            {"name": ""},
            {"number": 0},
            {"layout": MOST_TILES + 1},
            {"tiles": ["cam-1"] * (MOST_TILES + 1)},
            {"shared_with": ["king"]},
            {"x": 1},
        ):
            assert (await ask(browser, "POST", **draft(number=3) | wrong))[0] == 422, wrong
        for number in range(2, MOST_VIEWS + 1):
            assert (await ask(browser, "POST", **draft(number=number)))[0] == 201
        status, problem = await ask(browser, "POST", **draft(number=99))
        assert (status, problem["type"]) == (409, "urn:hejnal:problem:views-full")
