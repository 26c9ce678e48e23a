"""What arrives by the wire: limits hold while it streams, and what breaks off leaves nothing."""

import asyncio
import os

import aiohttp
import pytest

ORIGIN = {"Origin": "http://localhost:8080"}
MIB = 1024 * 1024


def form(**changes):
    fields = {"category": "water_leak", "text": "Woda leci.", "lat": "51.0503", "lon": "20.9505"} | changes
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        data.add_field(name, value)
    return data


async def test_forty_megabytes_are_refused_while_they_stream(open_house, running):
    async with open_house() as house, running(house, bootstrap="127.0.0.1:1") as town, aiohttp.ClientSession() as http:
        url = f"{town.public}/api/v1/reports"

        async def refused(data, slug):
            async with http.post(url, data=data, headers=ORIGIN) as answer:
                body = await answer.json()
                assert (answer.status, body["type"]) == (413, f"urn:hejnal:problem:{slug}"), body
                assert "MB" in body["detail"]

        one = form()
        one.add_field("photos", os.urandom(40 * MIB), filename="big.jpg", content_type="image/jpeg")
        await refused(one, "photo-too-large")
        many = form()
        for n in range(3):
            many.add_field("photos", os.urandom(14 * MIB), filename=f"{n}.jpg", content_type="image/jpeg")
        await refused(many, "upload-too-large")

        largest = 0

        async def endless():
            nonlocal largest
            head = b'--b\r\nContent-Disposition: form-data; name="photos"; filename="x.jpg"\r\n\r\n'
            yield head
            for _ in range(48):
                yield bytes(MIB)
                sizes = [path.stat().st_size for path in house.res.settings.photo_dir.rglob("*") if path.is_file()]
                largest = max(largest, *sizes, 0)

        chunked = {"Content-Type": "multipart/form-data; boundary=b", **ORIGIN}
        async with http.post(url, data=endless(), headers=chunked) as answer:
            assert (answer.status, (await answer.json())["type"]) == (413, "urn:hejnal:problem:photo-too-large")
        assert 0 < largest <= 15 * MIB, "no more than the limit ever reached the disk"
        assert [path for path in house.res.settings.photo_dir.rglob("*") if path.is_file()] == []
        async with http.post(url, data=form(), headers=ORIGIN) as answer:
            assert answer.status == 201


async def test_an_upload_that_breaks_off_leaves_nothing(open_house, running, until):
    async with open_house() as house, running(house, bootstrap="127.0.0.1:1") as town:
        host, port = town.public.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = b'--b\r\nContent-Disposition: form-data; name="photos"; filename="x.jpg"\r\n\r\n'
        request = "POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n"
        request += "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        writer.write(request.encode() + head + bytes(100_000))
        await writer.drain()

        async def arriving():
            return any(path.is_file() for path in house.res.settings.photo_dir.rglob("*"))

        await until(arriving)
        writer.transport.abort()

        async def clean():
            return not list((house.res.settings.photo_dir / "incoming").iterdir())

        await until(clean)
        assert await house.rows("select 1 from reports") == []
        assert reader is not None


@pytest.mark.parametrize(
    "body",
    [b"", b"--x", b"--b\r\n\r\n", b"--b--\r\n", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--", os.urandom(500)],
)
async def test_broken_forms_are_named(house, body):
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await house.client().post("/reports", content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    for other in ("application/json", "multipart/form-data", "text/plain; boundary=b"):
        answer = await house.client().post("/reports", content=body, headers={"Content-Type": other})
        assert answer.status_code == 415
