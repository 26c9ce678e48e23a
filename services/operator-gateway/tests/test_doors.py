from collections.abc import Callable
from typing import Any

from aiohttp import web
from gateway_house import Gateway, Upstream
from sqlalchemy import select
from yarl import URL

from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.doors.upstreams import Upstreams
from hejnal_gateway.tables import audit_entries

MEDIA = bytes(range(256)) * 4096


def media(request: web.Request) -> web.Response:
    part = request.http_range
    if part.start is None:
        return web.Response(body=MEDIA, content_type="video/mp4", headers={"Accept-Ranges": "bytes", "ETag": '"s1"'})
    stop = part.stop or len(MEDIA)
    headers = {"Content-Range": f"bytes {part.start}-{stop - 1}/{len(MEDIA)}", "X-Secret": "inside"}
    return web.Response(status=206, body=MEDIA[part.start : stop], content_type="video/mp4", headers=headers)


def playlist(_: web.Request) -> web.Response:
    return web.Response(text="#EXTM3U\n../../segments/s1/media\n", content_type="application/vnd.apple.mpegurl")


async def _audit(gateway: Gateway, prefix: str, count: int) -> Any:
    async def rows() -> Any:
        async with gateway.resources.database.read() as session:
            query = select(audit_entries).where(audit_entries.c.action.startswith(prefix)).order_by(audit_entries.c.position)
            found = (await session.execute(query)).mappings().all()
        return found if len(found) >= count else None

    return await gateway.eventually(rows)


async def test_ranges_pass_both_ways_with_the_person_in_the_token(gateway: Gateway, upstream: Upstream) -> None:
    upstream.answers["/internal/v1/segments/s1/media"] = media
    async with gateway.signed_in() as browser:
        async with browser.get("/api/v1/archive/segments/s1/media", headers={"Range": "bytes=1000-1999"}) as answer:
            assert answer.status == 206
            assert answer.headers["Content-Range"] == f"bytes 1000-1999/{len(MEDIA)}"
            assert "X-Secret" not in answer.headers
            trace = answer.headers["X-Trace-Id"]
            assert await answer.read() == MEDIA[1000:2000]
        async with browser.get("/api/v1/archive/segments/s1/media") as answer:
            assert answer.status == 200
            assert answer.headers["ETag"] == '"s1"'
            assert await answer.read() == MEDIA
    caller = upstream.callers[0]
    assert (caller.service, caller.role) == ("operator-gateway", "operator")
    assert len(caller.subject) == 36
    assert "cookie" not in upstream.asked[0].headers
    assert upstream.asked[0].headers["traceparent"][3:35] == trace, "the trace goes on behind the door"


async def test_playback_is_on_record_once_per_camera_and_interval(gateway: Gateway, upstream: Upstream) -> None:
    await gateway.add_camera("cam-1")
    await gateway.add_camera("cam-secret", restricted=True)
    upstream.answers["/internal/v1/cameras/cam-1/playlist.m3u8"] = playlist
    upstream.answers["/internal/v1/cameras/cam-secret/playlist.m3u8"] = playlist
    upstream.answers["/internal/v1/segments/s1/media"] = media
    url = "/api/v1/archive/cameras/{}/playlist.m3u8?from=2026-11-22T06:00:00Z&to=2026-11-22T06:10:00Z"
    async with gateway.signed_in() as browser:
        for _ in range(3):
            async with browser.get(url.format("cam-1")) as answer:
                assert answer.status == 200
                assert "segments/s1" in await answer.text()
            async with browser.get("/api/v1/archive/segments/s1/media", headers={"Range": "bytes=0-9"}) as answer:
                assert answer.status == 206
        async with browser.get(url.format("cam-secret")) as answer:
            assert answer.status == 422
        async with browser.get(url.format("cam-secret") + "&reason=RSOW 12/26") as answer:
            assert answer.status == 200
        assert "reason" not in upstream.asked[-1].query
    rows = await _audit(gateway, "footage.", 3)
    assert [(row["action"], row["camera_id"], row["reason"]) for row in rows] == [
        ("footage.playback", "cam-1", ""),
        ("footage.segment", None, ""),
        ("footage.playback", "cam-secret", "RSOW 12/26"),
    ]
    assert rows[1]["object_id"] == "s1"
    assert rows[0]["footage_from"].isoformat() == "2026-11-22T06:00:00+00:00"


async def test_each_snapshot_is_on_record_with_its_instant_and_the_pictures_of_a_strip_once(
    gateway: Gateway, upstream: Upstream
) -> None:
    await gateway.add_camera("cam-1")
    await gateway.add_camera("cam-secret", restricted=True)
    picture = {"X-Hejnal-Frame-Time": "2026-11-22T06:00:00.040000Z"}
    for camera, name in (("cam-1", "snapshot"), ("cam-1", "thumbnail"), ("cam-secret", "snapshot")):
        upstream.answers[f"/internal/v1/cameras/{camera}/{name}"] = lambda _: web.Response(
            body=b"picture", content_type="image/jpeg", headers=picture
        )
    url = "/api/v1/archive/cameras/{}/{}?at=2026-11-22T06:00:0{}Z"
    async with gateway.signed_in(Role.EDITOR) as browser, browser.get(url.format("cam-1", "snapshot", 1)) as answer:
        assert answer.status == 403
    async with gateway.signed_in() as browser:
        for second in (1, 1, 2):
            async with browser.get(url.format("cam-1", "snapshot", second)) as answer:
                assert answer.status == 200
                assert answer.headers["X-Hejnal-Frame-Time"] == picture["X-Hejnal-Frame-Time"]
            async with browser.get(url.format("cam-1", "thumbnail", second)) as answer:
                assert answer.status == 200
        async with browser.get(url.format("cam-secret", "snapshot", 1)) as answer:
            assert answer.status == 422
        async with browser.get(url.format("cam-secret", "snapshot", 1) + "&reason=RSOW 12/26") as answer:
            assert answer.status == 200
    rows = await _audit(gateway, "footage.snapshot", 3)
    assert [(row["camera_id"], row["footage_from"].second, row["reason"]) for row in rows] == [
        ("cam-1", 1, ""),
        ("cam-1", 2, ""),
        ("cam-secret", 1, "RSOW 12/26"),
    ]
    assert len(await _audit(gateway, "footage.thumbnail", 1)) == 1


async def test_a_change_that_failed_is_on_record_and_one_that_came_to_pass_is_left_to_the_upstream(
    gateway: Gateway, upstream: Upstream
) -> None:
    outcomes = iter((201, 422))

    def issue(_: web.Request) -> web.Response:
        return web.json_response({"ok": True}, status=next(outcomes), headers={"Location": "/staff/v1/announcements/a1"})

    upstream.answers["/staff/v1/announcements"] = issue
    async with gateway.signed_in(Role.EDITOR) as browser:
        headers = {"Idempotency-Key": "k1"}
        async with browser.post("/api/v1/town/announcements", json={"title": "Woda"}, headers=headers) as answer:
            assert answer.status == 201
            assert answer.headers["Location"] == "/api/v1/town/announcements/a1"
        async with browser.post("/api/v1/town/announcements", json={}) as answer:
            assert answer.status == 422
        async with browser.post(
            "/api/v1/town/announcements", data=b'"' + b"x" * 2_000_000 + b'"', headers={"Content-Type": "application/json"}
        ) as answer:
            assert answer.status == 413
    assert upstream.bodies[0] == b'{"title": "Woda"}'
    assert upstream.asked[0].headers["idempotency-key"] == "k1"
    rows = await _audit(gateway, "announcement.", 1)
    assert [(row["object_id"], row["outcome"]) for row in rows] == [("a1", "failed")]


async def test_securing_and_giving_free_is_on_record_with_who_did_it(gateway: Gateway, upstream: Upstream) -> None:
    upstream.answers["/internal/v1/holds"] = lambda _: web.json_response(
        {"hold_id": "h1"}, status=201, headers={"Location": "/internal/v1/holds/h1"}
    )
    upstream.answers["/internal/v1/holds/h1/release"] = lambda _: web.json_response({"hold_id": "h1"})
    async with gateway.signed_in(Role.DISPATCHER) as browser, browser.post("/api/v1/archive/holds", json={}) as answer:
        assert answer.status == 403
    async with gateway.signed_in(Role.OPERATOR) as browser:
        async with browser.post("/api/v1/archive/holds", json={}) as answer:
            assert answer.status == 201
            assert answer.headers["Location"] == "/api/v1/archive/holds/h1"
        async with browser.post("/api/v1/archive/holds/h1/release", json={}) as answer:
            assert answer.status == 403
    async with gateway.signed_in(Role.DPO) as browser, browser.post("/api/v1/archive/holds/h1/release", json={}) as answer:
        assert answer.status == 200
    rows = await _audit(gateway, "hold.", 2)
    assert [(row["action"], row["object_id"], row["outcome"]) for row in rows] == [
        ("hold.placed", "h1", "allowed"),
        ("hold.released", "h1", "allowed"),
    ]


async def test_an_upstream_that_is_away_is_a_503_problem(gateway: Gateway, upstream: Upstream) -> None:
    nobody = Upstreams(["http://127.0.0.1:1"], gateway.resources.clock)
    await _answers_503(
        gateway, lambda: setattr(gateway.resources.proxy, "_upstreams", {"recorder": nobody, "citizen-api": nobody})
    )


async def test_an_upstream_that_refuses_our_token_does_not_sign_the_person_out(gateway: Gateway, upstream: Upstream) -> None:
    upstream.answers["/staff/v1/town"] = lambda _: web.Response(status=401)
    await _answers_503(gateway, lambda: None)


async def _answers_503(gateway: Gateway, prepare: Callable[[], None]) -> None:
    prepare()
    async with gateway.signed_in() as browser, browser.get("/api/v1/town/town") as answer:
        assert answer.status == 503
        assert answer.content_type == "application/problem+json"
        assert int(answer.headers["Retry-After"]) > 0
        assert (await answer.json())["type"].endswith("upstream-unavailable")


async def test_paths_cannot_climb(gateway: Gateway, upstream: Upstream) -> None:
    async with gateway.signed_in() as browser:
        for path in ("/api/v1/town/reports/..%2f..%2fhealthz", "/api/v1/town/reports/%2e%2e", "/api/v1/archive/../../healthz"):
            async with browser.get(URL(gateway.url + path, encoded=True)) as answer:
                assert answer.status == 404, path
    assert not upstream.asked


async def test_the_audit_log_is_searched_page_by_page_and_that_is_on_record(gateway: Gateway, upstream: Upstream) -> None:
    upstream.answers["/internal/v1/segments/s1/media"] = media
    for number in range(5):
        upstream.answers[f"/internal/v1/segments/s{number}/media"] = media
    async with gateway.signed_in() as browser:
        for number in range(5):
            async with browser.get(f"/api/v1/archive/segments/s{number}/media", headers={"Range": "bytes=0-0"}) as answer:
                assert answer.status == 206
    await _audit(gateway, "footage.", 5)
    async with gateway.signed_in(Role.DPO) as browser:
        seen, cursor = [], ""
        while cursor is not None:
            query = {"action": "footage.", "limit": "2"} | ({"cursor": cursor} if cursor else {})
            async with browser.get("/api/v1/audit/entries", params=query) as answer:
                page = await answer.json()
            seen += [item["object_id"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert seen == ["s4", "s3", "s2", "s1", "s0"]
        async with browser.get("/api/v1/audit/entries", params={"from": "not-a-time"}) as answer:
            assert answer.status == 422
    assert (await _audit(gateway, "audit.searched", 1))[0]["actor_role"] == "dpo"


async def test_exports_pass_by_role_and_are_on_record(gateway: Gateway, upstream: Upstream) -> None:
    def taken(_: web.Request) -> web.Response:
        return web.json_response({"export_id": "e-1"}, status=202, headers={"Location": "/internal/v1/exports/e-1"})

    upstream.answers["/internal/v1/exports"] = taken
    described = {"cameras": ["cam-1"], "from": "2026-11-22T06:00:00Z", "to": "2026-11-22T06:10:00Z"}
    upstream.answers["/internal/v1/exports/e-1"] = lambda _: web.json_response(described)
    upstream.answers["/internal/v1/exports/e-1/package"] = media
    async with gateway.signed_in(Role.OPERATOR) as browser:
        async with browser.post("/api/v1/archive/exports", json={"cameras": ["cam-1"]}) as answer:
            assert (answer.status, answer.headers["Location"]) == (202, "/api/v1/archive/exports/e-1")
        async with browser.get("/api/v1/archive/exports/e-1/package", headers={"Range": "bytes=0-9"}) as answer:
            assert answer.status == 206
        async with browser.post("/api/v1/archive/exports/e-1/decision", json={"approve": True}) as answer:
            assert answer.status == 403
    async with gateway.signed_in(Role.DISPATCHER) as browser, browser.get("/api/v1/archive/exports") as answer:
        assert answer.status == 403
    rows = await _audit(gateway, "footage.export", 2)
    assert [(row["action"], row["object_id"]) for row in rows][:2] == [
        ("footage.export", "e-1"),
        ("footage.export-fetched", "e-1"),
    ]
