"""Photos after they are stored: what everybody sees, what is blurred; and files that mean harm."""

import io
import os
import random
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from hejnal_citizen.housekeeping import Housekeeping

FORM = {"category": "road_damage", "text": "Dziura w jezdni.", "lat": "51.0503", "lon": "20.9505"}
SOFT = 5.0
"""Mean difference of neighbouring pixels (0 to 255) that noise has more of, and four soft colours less."""
PROBLEMS = {"photo-unreadable", "photo-too-many-pixels", "photo-too-complex", "photo-too-large"}


def picture(width=640, height=480):
    noise = np.random.default_rng(7).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def saved(kind, image=None, **options):
    buffer = io.BytesIO()
    (image or picture()).save(buffer, kind, **options)
    return buffer.getvalue()


async def send(client, *photos):
    files = [*((name, (None, value)) for name, value in FORM.items())]
    files += [("photos", (f"{n}.jpg", data, "image/jpeg")) for n, data in enumerate(photos)]
    return await client.post("/reports", files=files)


def stored(house):
    return sorted(path for path in house.res.settings.photo_dir.rglob("*") if path.is_file())


def roughness(data, box):
    """How much neighbouring pixels differ inside a box (left, top, right, bottom)."""
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image.convert("L").crop(box), dtype=float)
    return float(np.abs(np.diff(pixels, axis=1)).mean())


async def test_everybody_sees_only_what_staff_shows(house):
    report = (await send(house.client(), saved("JPEG"))).json()
    clerk, stranger = house.staff("clerk"), house.client()
    photo, url = report["photos"][0], f"/reports/{report['id']}"
    assert (await stranger.get(f"/{photo['url']}")).status_code == 404
    body = {"action": "show", "subject": "photo", "photo_id": photo["id"], "reason": "Nic osobistego."}
    assert (await house.staff("operator").post(f"{url}/moderation", json=body)).status_code == 403
    assert (await clerk.post(f"{url}/moderation", json=body | {"photo_id": None})).status_code == 422
    assert (await clerk.post(f"{url}/moderation", json=body | {"photo_id": "none"})).status_code == 404
    shown = await clerk.post(f"{url}/moderation", json=body)
    assert shown.status_code == 201, shown.text
    text = {"action": "show", "subject": "text", "reason": "Rzeczowe."}
    await clerk.post(f"{url}/moderation", json=text)
    everybody = (await stranger.get(f"{url}/public")).json()
    assert (everybody["text"], len(everybody["photos"])) == ("Dziura w jezdni.", 1)
    assert (await stranger.get(f"/{photo['url']}")).status_code == 200
    await clerk.post(f"{url}/moderation", json=body | {"action": "hide", "reason": "Widać twarz."})
    await clerk.post(f"{url}/moderation", json=text | {"action": "hide"})
    everybody = (await stranger.get(f"{url}/public")).json()
    assert (everybody["text"], everybody["photos"]) == (None, [])
    assert (await stranger.get(f"/{photo['url']}")).status_code == 404
    history = (await clerk.get(url)).json()["history"]
    assert [(one["subject"], one["action"], one["by"]) for one in history] == [
        ("photo", "show", "staff-1"),
        ("text", "show", "staff-1"),
        ("photo", "hide", "staff-1"),
        ("text", "hide", "staff-1"),
    ]
    audit = [(data["action"], data["reason"]) for _, _, data in await house.facts("audit")]
    assert ("report.photo-hide", "Widać twarz.") in audit


async def test_rectangles_become_unrecognisable_for_everybody_in_every_size(house):
    report = (await send(house.client(), saved("JPEG"))).json()
    clerk, secret = house.staff("clerk"), {"token": report["follow_token"]}
    photo = report["photos"][0]
    url = f"/reports/{report['id']}/photos/{photo['id']}/blur"
    half = {"x": 0, "y": 0, "width": 0.5, "height": 1}
    for wrong in ({"x": -0.1}, {"width": 0}, {"y": 1.5}):
        assert (await clerk.put(url, json={"rectangles": [half | wrong]})).status_code == 422
    assert (await house.staff("operator").put(url, json={"rectangles": [half]})).status_code == 403
    assert (await clerk.put(url.replace(photo["id"], "none"), json={"rectangles": [half]})).status_code == 404

    async def sides(size):
        found = (await house.client().get(f"/reports/{report['id']}", params=secret)).json()["photos"][0]
        parts = found["url"].partition("?")[2]
        where = {"size": size, **secret, **dict([parts.split("=")] if parts else [])}
        data = (await house.client().get(f"/reports/{report['id']}/photos/{photo['id']}", params=where)).content
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
        left, right = (0, 0, width // 2 - 4, height), (width // 2 + 4, 0, width, height)
        return roughness(data, left), roughness(data, right)

    before = await sides("full")
    assert min(before) > 20
    blurred = await clerk.put(url, json={"rectangles": [half], "reason": "Tablice."})
    assert blurred.status_code == 200, blurred.text
    assert blurred.json()["photos"][0]["url"].endswith("?v=2"), "pictures are kept by browsers"
    for size in ("full", "thumb"):
        left, right = await sides(size)
        assert left < SOFT < right
    assert blurred.json()["history"][-1]["rectangles"] == [half]
    assert len(stored(house)) == 3, "the unblurred picture is kept aside"
    for guess in ("unblurred", f"{photo['id']}.unblurred"):
        assert (await clerk.get(f"/reports/{report['id']}/photos/{guess}")).status_code == 404
        assert (await clerk.get(f"/reports/{report['id']}/photos/{photo['id']}", params={"size": guess})).status_code == 422
    await clerk.put(url, json={"rectangles": [{"x": 0.5, "y": 0, "width": 0.5, "height": 1}]})
    left, right = await sides("full")
    assert right < SOFT < left, "the whole list replaces the one before"
    house.clock.advance(31 * 86_400)
    await Housekeeping(house.res).once()
    assert len(stored(house)) == 2
    assert (await clerk.get(f"/reports/{report['id']}")).json()["photos"][0]["unblurred_until"] is None
    await clerk.put(url, json={"rectangles": []})
    assert (await sides("full"))[1] < SOFT, "what is gone does not come back"


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, *, text=b"", rows=200):
    packer = zlib.compressobj(9)
    row = bytes(width // 8 + 1)
    data = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + text + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def hostile():
    """Files that mean harm, each made here: bombs of pixels, of rows, of text, of frames; other formats in disguise."""
    pillow_heif.register_heif_opener()
    bomb = zlib.compress(bytes(64 * 1024 * 1024), 9)
    yield "bomb of pixels", png(60_000, 60_000)
    yield "bomb of one row", png(2_000_000_000, 1, rows=1)
    yield "bomb of no row", png(0, 0)
    yield "bomb of rows", png(8, 7_000_000_00 // 10, rows=10)
    yield "bomb of text", png(60_000, 2000, text=chunk(b"zTXt", b"Comment\0\0" + bomb))
    yield "bomb of profile", png(70_000, 1000, text=chunk(b"iCCP", b"p\0\0" + bomb))
    yield "svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    yield "html", b"<!doctype html><script>alert(1)</script>"
    yield "pdf", b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj"
    yield "zip", b"PK\x03\x04" + os.urandom(300)
    yield "gif", saved("GIF")
    yield "tiff", saved("TIFF")
    yield "bmp", saved("BMP")
    yield "ico", saved("ICO", picture(64, 64))
    yield "postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (r) file\n"
    yield "html named like a jpeg", b"\xff\xd8\xff\xe0<script>alert(1)</script>"
    yield "png with a wrong checksum", png(600, 400).replace(b"IHDR", b"IHDX")
    yield "cut heic", saved("HEIF")[:400]
    yield "cut webp", saved("WEBP")[:200]


CASES = list(hostile())


@pytest.mark.parametrize(("name", "data"), CASES, ids=[case[0] for case in CASES])
async def test_what_means_harm_is_refused_whole(house, name, data):
    answer = await send(house.client(), saved("JPEG"), data)
    assert answer.status_code in {413, 415}, (name, answer.text)
    assert answer.json()["type"].removeprefix("urn:hejnal:problem:") in PROBLEMS
    assert stored(house) == []
    assert await house.rows("select 1 from reports") == []


def polyglots():
    """Photos that are also something else: their pixels are kept, nothing else is."""
    script = b"<script>alert(document.cookie)</script><?php system($_GET[0]); ?>PK\x03\x04"
    jpeg = saved("JPEG")
    segment = b"\xff\xfe" + struct.pack(">H", len(script) + 2) + script
    yield "after the end", jpeg + script
    yield "in a comment", jpeg[:2] + segment + jpeg[2:]
    yield "in png text", saved("PNG").replace(b"IDAT", b"IDAT", 1)[:33] + chunk(b"tEXt", b"c\0" + script) + saved("PNG")[33:]
    yield "in exif", saved("JPEG", exif=_exif(script))
    yield "in a profile", saved("JPEG", icc_profile=script * 20)
    yield "in webp xmp", saved("WEBP", xmp=script)


def _exif(script):
    exif = Image.Exif()
    exif[0x010E] = script.decode()
    return exif


POLYGLOTS = list(polyglots())


@pytest.mark.parametrize(("name", "data"), POLYGLOTS, ids=[case[0] for case in POLYGLOTS])
async def test_a_photo_that_is_something_else_too_loses_it(house, name, data):
    answer = await send(house.client(), data)
    assert answer.status_code == 201, (name, answer.text)
    for path in stored(house):
        content = path.read_bytes()
        assert not [word for word in (b"<script", b"<?php", b"PK\x03\x04", b"Exif", b"ICC_PROFILE") if word in content]
        assert content.endswith(b"\xff\xd9")


async def test_mutated_photos_never_crash_and_are_stored_whole_or_not_at_all(open_house):
    """Good photos of each format with bytes flipped, cut, doubled: each is an ordinary answer, and the next good photo works."""
    dice = random.Random(20261122)
    pillow_heif.register_heif_opener()
    small = picture(96, 64)
    corpus = [saved("JPEG", small, exif=_exif(b"x")), saved("PNG", small), saved("WEBP", small), saved("HEIF", small)]
    async with open_house(reports_per_ip_hour=1000, reports_without_work=1000) as house:
        client, taken = house.client(), 0
        for number in range(60):
            data = bytearray(corpus[number % len(corpus)])
            for _ in range(dice.randint(1, 12)):
                at = dice.randrange(len(data))
                match dice.randrange(4):
                    case 0:
                        data[at] = dice.randrange(256)
                    case 1:
                        del data[at : at + dice.randint(1, 40)]
                    case 2:
                        data[at:at] = data[at : at + dice.randint(1, 40)]
                    case 3:
                        data[at : at + 4] = b"\xff\xff\xff\xff"
                if len(data) < 8:
                    break
            answer = await send(client, bytes(data))
            assert answer.status_code in {201, 413, 415}, (number, answer.text)
            taken += answer.status_code == 201
        assert len(stored(house)) == 2 * taken
        assert len(await house.rows("select 1 from reports")) == taken
        assert (await send(client, saved("JPEG", small))).status_code == 201
