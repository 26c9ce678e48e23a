"""Which of several recorders is asked: the breaker by itself, and the doors over two of them."""

from datetime import UTC, datetime

from aiohttp import web
from gateway_house import Gateway, Keys, running_app, running_gateway

from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.doors.upstreams import LONGEST_REST_S, REFUSALS, REST_S, Upstreams
from hejnal_gateway.settings import GatewaySettings
from hejnal_runtime.clock import ManualClock

A, B = "http://a", "http://b"


def test_the_first_is_asked_while_it_answers_and_again_when_it_is_back() -> None:
    clock = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))
    both = Upstreams([A + "/", B], clock)
    assert (both.first, both.in_turn()) == (A, [A, B])
    both.failed(A)
    assert both.in_turn() == [B, A]
    clock.advance(REST_S)
    assert both.in_turn() == [A, B]  # one request tries
    assert both.in_turn() == [B, A]  # the others do not wait for it
    both.failed(A)
    clock.advance(REST_S)
    assert both.in_turn() == [B, A]  # it rests longer now
    clock.advance(REST_S)
    assert both.in_turn() == [A, B]
    both.answered(A)
    assert [both.in_turn() for _ in range(2)] == [[A, B], [A, B]]


def test_refusals_in_a_row_are_a_failure_and_rests_are_bounded() -> None:
    clock = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))
    both = Upstreams([A, B], clock)
    for _ in range(REFUSALS - 1):
        both.refused(A)
    both.answered(A)
    both.refused(A)
    assert both.in_turn() == [A, B]
    for _ in range(REFUSALS):
        both.refused(A)
    assert both.in_turn() == [B, A]
    for _ in range(50):
        both.failed(A)
    clock.advance(LONGEST_REST_S)
    assert both.in_turn() == [A, B]
    both.failed(A)
    both.failed(B)
    assert both.in_turn() == [A, B]  # nobody is left out when all rest


async def test_footage_comes_from_the_copy_and_orders_go_to_the_first_alone(settings: GatewaySettings, keys: Keys) -> None:
    asked: list[tuple[str, str, str]] = []
    first = {"status": 200}

    def recorder(name: str):
        async def handle(request: web.Request) -> web.Response:
            asked.append((name, request.method, request.path.rsplit("/", 1)[-1]))
            if name == "first" and first["status"] != 200:
                problem = {"type": "urn:hejnal:problem:store-unreachable", "status": first["status"]}
                return web.json_response(problem, status=first["status"], content_type="application/problem+json")
            return web.Response(text="#EXTM3U", content_type="application/vnd.apple.mpegurl")

        return handle

    url = "/api/v1/archive/cameras/cam-1/timeline?from=2026-11-22T06:00:00Z&to=2026-11-22T06:10:00Z"
    async with running_app(recorder("second")) as second_url:
        async with running_app(recorder("first")) as first_url:
            changed = settings.model_copy(update={"recorder_url": first_url, "recorder_standby_urls": (second_url,)})
            async with running_gateway(changed, keys) as gateway, gateway.signed_in(Role.OPERATOR) as browser:
                for status, answering in ((200, "first"), (503, "second"), (404, "first")):
                    first["status"] = status
                    async with browser.get(url) as answer:
                        assert answer.status == (404 if status == 404 else 200)
                    assert asked[-1][0] == answering
                first["status"] = 503
                async with browser.post("/api/v1/archive/holds", json={}) as answer:
                    assert (answer.status, (await answer.json())["type"]) == (503, "urn:hejnal:problem:store-unreachable")
                assert asked[-1] == ("first", "POST", "holds")
        settings = changed
        asked.clear()
        async with running_gateway(settings, keys) as gateway:
            await _first_is_gone(gateway, url, asked)


async def _first_is_gone(gateway: Gateway, url: str, asked: list[tuple[str, str, str]]) -> None:
    async with gateway.signed_in(Role.OPERATOR) as browser:
        for _ in range(3):
            async with browser.get(url) as answer:
                assert (answer.status, await answer.text()) == (200, "#EXTM3U")
        assert {name for name, _, _ in asked} == {"second"}
        for method, path in (("POST", "holds"), ("GET", "exports"), ("POST", "exports")):
            async with browser.request(method, f"/api/v1/archive/{path}", json={}) as answer:
                problem = await answer.json()
                assert (answer.status, problem["type"]) == (503, "urn:hejnal:problem:upstream-first-unavailable"), path
                assert "can be watched meanwhile" in problem["detail"]
        assert {path for _, _, path in asked} == {"timeline"}
