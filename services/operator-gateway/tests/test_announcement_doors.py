"""Drafts, their second pair of eyes, and attached files on their way to citizen-api."""

import aiohttp
from aiohttp import web
from gateway_house import Gateway, Upstream

from hejnal_gateway.accounts.roles import Role

MIB = 1024 * 1024


async def test_who_may_write_and_who_may_agree(gateway: Gateway, upstream: Upstream) -> None:
    for path in ("/announcement-drafts", "/announcement-drafts/d-1/approval"):
        upstream.answers[f"/staff/v1{path}"] = lambda _: web.json_response({"id": "d-1"}, headers={"ETag": '"3"'})
    outcomes = {}
    for role in Role:
        async with gateway.signed_in(role) as browser:
            async with browser.post("/api/v1/town/announcement-drafts", json={}) as answer:
                writes = answer.status
            headers = {"If-Match": '"3"'}
            async with browser.post("/api/v1/town/announcement-drafts/d-1/approval", headers=headers) as answer:
                outcomes[role] = (writes, answer.status)
    assert outcomes == {
        Role.EDITOR: (200, 200),
        Role.ADMIN: (200, 200),
        Role.DISPATCHER: (403, 200),
        Role.OPERATOR: (403, 403),
        Role.CLERK: (403, 403),
        Role.DPO: (403, 403),
    }
    approvals = [request for request in upstream.asked if request.path.endswith("/approval")]
    assert {request.headers["if-match"] for request in approvals} == {'"3"'}
    assert {caller.role for caller in upstream.callers} == {"editor", "admin", "dispatcher"}


async def test_a_file_of_some_megabytes_passes_and_a_larger_one_does_not(gateway: Gateway, upstream: Upstream) -> None:
    upstream.answers["/staff/v1/attachments"] = lambda _: web.json_response({"id": "f-1"}, status=201)

    def form(size_bytes: int) -> aiohttp.FormData:
        data = aiohttp.FormData()
        data.add_field("file", b"x" * size_bytes, filename="plan.pdf")
        return data

    ours = {"Origin": gateway.url}
    async with gateway.signed_in(Role.EDITOR) as browser:
        async with browser.post("/api/v1/town/attachments", data=form(3 * MIB), headers=ours) as answer:
            assert answer.status == 201
        async with browser.post("/api/v1/town/attachments", data=form(9 * MIB), headers=ours) as answer:
            assert answer.status == 413
        async with browser.post("/api/v1/town/attachments", data=form(10)) as answer:
            assert answer.status == 415, "a form without an Origin: no page of ours sends that"
        async with browser.post("/api/v1/town/attachments", data=form(10), headers={"Origin": "https://evil.example"}) as answer:
            assert answer.status == 403
        async with browser.post("/api/v1/town/announcement-drafts", data=form(10), headers=ours) as answer:
            assert answer.status == 415, "forms are taken where a file is uploaded, and nowhere else"
    assert len(upstream.bodies[0]) > 3 * MIB
    assert upstream.asked[0].headers["content-type"].startswith("multipart/form-data; boundary=")
