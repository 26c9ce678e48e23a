import asyncio
import io
import json
import shutil
import subprocess
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image

FORM = {"category": "road_damage", "text": "Dziura w jezdni, ok. 40 cm.", "lat": "51.0503", "lon": "20.9505"}
MIB = 1024 * 1024


def picture(width=1200, height=800):
    image = Image.new("RGB", (width, height), "navy")
    image.paste("red", (0, 0, width // 2, height // 2))  # the upper left quarter tells which way is up
    return image


def gps_exif(orientation=1):
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "Anna Kowalska, Polna 3"
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 3.0, 1.0), 3: "E", 4: (20.0, 57.0, 2.0)})
    return exif


def jpeg(orientation=1, **options):
    buffer = io.BytesIO()
    options.setdefault("exif", gps_exif(orientation))
    picture().save(buffer, "JPEG", quality=90, comment=b"secret comment", **options)
    return buffer.getvalue()


def saved(kind, image=None, **options):
    buffer = io.BytesIO()
    (image or picture()).save(buffer, kind, **options)
    return buffer.getvalue()


def heic():
    pillow_heif.register_heif_opener()
    return saved("HEIF", exif=gps_exif().tobytes())


async def send(client, photos=(), headers=None, **changes):
    fields = {name: (None, value) for name, value in (FORM | changes).items() if value is not None}
    files = [*fields.items(), *(("photos", (f"{n}.jpg", data, "image/jpeg")) for n, data in enumerate(photos))]
    return await client.post("/reports", files=files, headers=headers or {})


def stored_files(house):
    root = house.res.settings.photo_dir
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


async def test_a_report_is_stored_whole(house):
    client = house.client()
    answer = await send(client, [jpeg()])
    assert answer.status_code == 201, answer.text
    report = answer.json()
    assert report["reference"] == "Z-2026-00001"
    assert report["address"] == "Żółkiewskiego 4"
    assert report["status"] == "received"
    assert [event["status"] for event in report["events"]] == ["received"]
    assert (await send(client)).json()["reference"] == "Z-2026-00002"
    facts = await house.facts("reports")
    assert [(key, kind) for key, kind, _ in facts[:2]] == [
        (report["id"], "report.submitted.v1"),
        (report["id"], "report.routed.v1"),
    ]
    assert facts[0][2] | {"submitted_at": ""} == {
        "report_id": report["id"],
        "reference": "Z-2026-00001",
        "category": "road_damage",
        "urgent": False,
        "place": {"lat": 51.0503, "lon": 20.9505},
        "address": "Żółkiewskiego 4",
        "photos": 1,
        "submitted_at": "",
    }
    assert "Dziura" not in json.dumps(facts[0][2])


async def test_follow_up_needs_the_token_or_the_author(house):
    anonymous = (await send(house.client(), [jpeg()])).json()
    url, token = f"/reports/{anonymous['id']}", {"token": anonymous["follow_token"]}
    assert (await house.client().get(url, params=token)).json()["text"].startswith("Dziura")
    for params in ({}, {"token": "x"}, {"token": anonymous["follow_token"][:-1]}):
        assert (await house.client().get(url, params=params)).status_code == 404
    photo = anonymous["photos"][0]["url"]
    assert (await house.client().get(f"/{photo}")).status_code == 404
    got = await house.client().get(f"/{photo}", params=token | {"size": "thumb"})
    assert got.headers["content-type"] == "image/jpeg"
    assert max(Image.open(io.BytesIO(got.content)).size) == 400
    assert "private" in got.headers["cache-control"]
    author, stranger = await house.sign_in("anna@example.pl"), await house.sign_in("olga@example.pl")
    own = (await send(author)).json()
    assert (await author.get(f"/reports/{own['id']}")).status_code == 200
    assert (await stranger.get(f"/reports/{own['id']}")).status_code == 404
    assert [one["id"] for one in (await author.get("/me/reports")).json()["items"]] == [own["id"]]
    assert (await stranger.get("/me/reports")).json()["items"] == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("jpeg", jpeg()),
        ("png", saved("PNG", pnginfo=None)),
        ("png with alpha", saved("PNG", picture().convert("RGBA"))),
        ("webp", saved("WEBP", exif=gps_exif())),
        ("heic", heic()),
        ("cmyk", saved("JPEG", picture().convert("CMYK"))),
        ("grey", saved("JPEG", picture().convert("L"))),
        ("palette", saved("PNG", picture().convert("P"))),
        ("black and white", saved("PNG", picture().convert("1"))),
        ("16 bit", saved("PNG", picture().convert("L").convert("I").point(lambda value: value * 256).convert("I;16"))),
        ("multi-picture", saved("MPO", save_all=True, append_images=[picture()], exif=gps_exif())),
    ],
)
async def test_photos_are_re_encoded_without_any_metadata(house, name, data):
    answer = await send(house.client(), [data])
    assert answer.status_code == 201, answer.text
    files = list(house.res.settings.photo_dir.rglob("*.jpg"))
    assert len(files) == 2
    for path in files:
        content = path.read_bytes()
        with Image.open(path) as image:
            assert image.format == "JPEG"
            assert len(image.getexif()) == 0
            assert not {"exif", "comment", "icc_profile", "xmp", "mp"} & image.info.keys()
            red, _, blue = image.convert("RGB").getpixel((10, 10))
            assert name in {"grey", "black and white", "16 bit"} or red > blue
        assert b"Exif" not in content
        assert b"Kowalska" not in content
        assert b"secret" not in content
    exiftool = shutil.which("exiftool")
    if exiftool:
        found = subprocess.run([exiftool, "-json", "-G", *map(str, files)], capture_output=True, check=True, timeout=30)
        tags = {tag for one in json.loads(found.stdout) for tag in one}
        assert not [tag for tag in tags if tag.startswith(("EXIF", "XMP", "IPTC", "GPS", "MakerNotes", "ICC"))]


@pytest.mark.parametrize(("orientation", "corner"), [(1, (10, 10)), (3, (-10, -10)), (6, (-10, 10)), (8, (10, -10))])
async def test_photos_stand_upright(house, orientation, corner):
    photo = (await send(house.client(), [jpeg(orientation)])).json()["photos"][0]
    assert (photo["width"] < photo["height"]) == (orientation in {6, 8})
    path = next(house.res.settings.photo_dir.rglob("*.full.jpg"))
    with Image.open(path) as image:
        red, _, blue = image.getpixel((corner[0] % image.width, corner[1] % image.height))
    assert red > 150 > blue


@pytest.mark.parametrize(
    ("kind", "size", "stored"),
    [
        ("JPEG", (5000, 3000), (2048, 1229)),
        ("JPEG", (4000, 3000), (2000, 1500)),
        ("JPEG", (3000, 2000), (2048, 1365)),
        ("JPEG", (8000, 6000), (2000, 1500)),
        ("PNG", (4000, 3000), (2048, 1536)),
        ("PNG", (60, 40), (60, 40)),
    ],
)
async def test_large_photos_become_smaller(house, kind, size, stored):
    photo = (await send(house.client(), [saved(kind, picture(*size))])).json()["photos"][0]
    assert (photo["width"], photo["height"]) == stored


def bomb(width, height):
    """A PNG of a few kilobytes that would need gigabytes."""
    import struct
    import zlib

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(9)
    row = bytes(width // 8 + 1)
    rows = b"".join(packer.compress(row) for _ in range(200)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


HOSTILE = [
    ("not an image", b"To nie jest obraz. " * 100, 415, "photo-unreadable"),
    ("html", b"<html><script>alert(1)</script></html>", 415, "photo-unreadable"),
    ("svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 415, "photo-unreadable"),
    ("cut off", jpeg()[:2000], 415, "photo-unreadable"),
    ("gif", saved("GIF"), 415, "photo-unreadable"),
    ("tiff", saved("TIFF"), 415, "photo-unreadable"),
    ("bomb", bomb(60_000, 60_000), 413, "photo-too-many-pixels"),
    ("postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n", 415, "photo-unreadable"),
]


@pytest.mark.parametrize(("name", "data", "status", "slug"), HOSTILE, ids=[case[0] for case in HOSTILE])
async def test_hostile_photos_are_refused_and_nothing_is_stored(house, name, data, status, slug):
    answer = await send(house.client(), [jpeg(), data])
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:hejnal:problem:{slug}")
    assert stored_files(house) == []
    assert await house.rows("select 1 from reports") == []
    assert await house.facts("reports") == []
    assert (await send(house.client(), [jpeg()])).status_code == 201, "the workers are well"


async def test_polyglots_lose_what_is_not_picture(house):
    tail = b"PK\x03\x04<?php system('id'); ?><script>alert(1)</script>" * 50
    assert (await send(house.client(), [jpeg() + tail])).status_code == 201
    for path in house.res.settings.photo_dir.rglob("*.jpg"):
        content = path.read_bytes()
        assert b"<?php" not in content
        assert content.endswith(b"\xff\xd9")


async def test_a_worker_that_hangs_is_replaced(open_house):
    async with open_house(photo_timeout_s=0.001) as house:
        answer = await send(house.client(), [saved("JPEG", picture(6000, 6000))])
        assert (answer.status_code, answer.json()["type"]) == (413, "urn:hejnal:problem:photo-too-complex")
        assert stored_files(house) == []


async def test_a_worker_that_dies_is_replaced(house):
    assert (await send(house.client(), [jpeg()])).status_code == 201
    for process in house.res.photo_workers._idle:
        process.kill()
        await process.wait()
    answers = [await send(house.client(), [jpeg()]) for _ in range(3)]
    assert answers[-1].status_code == 201


@pytest.mark.parametrize(
    ("changes", "status", "slug"),
    [
        ({"lat": "52.23", "lon": "21.01"}, 422, "outside-town"),
        ({"lat": "north"}, 422, "invalid-request"),
        ({"lat": "nan"}, 422, "invalid-request"),
        ({"text": " "}, 422, "invalid-request"),
        ({"text": "x" * 4001}, 422, "invalid-request"),
        ({"text": None}, 422, "invalid-request"),
        ({"category": "dragons"}, 422, "unknown-category"),
        ({"category": "noise"}, 422, "contact-needed"),
        ({"contact": "no contact"}, 422, "invalid-contact"),
        ({"surprise": "1"}, 422, "invalid-request"),
    ],
)
async def test_what_is_no_report(house, changes, status, slug):
    answer = await send(house.client(), [jpeg()], **changes)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:hejnal:problem:{slug}")
    assert stored_files(house) == []


async def test_outside_the_town_says_so(house):
    detail = (await send(house.client(), lat="52.23", lon="21.01")).json()["detail"]
    assert "outside the town" in detail


async def test_categories_that_need_somebody_to_ask_back(house):
    assert (await send(house.client(), category="noise", contact="600 100 200")).status_code == 201
    assert (await send(await house.sign_in(), category="noise")).status_code == 201


async def test_the_same_key_reports_once(house):
    key = {"Idempotency-Key": "a-fresh-key-1"}
    client = house.client()
    photo = jpeg()
    answers = await asyncio.gather(*(send(client, [photo], headers=key) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({(answer.json()["id"], answer.json()["follow_token"]) for answer in answers}) == 1
    assert len(stored_files(house)) == 2
    assert len(await house.rows("select 1 from reports")) == 1
    other = await send(client, [photo], headers=key, text="Coś innego")
    assert (other.status_code, other.json()["type"]) == (409, "urn:hejnal:problem:idempotency-key-reused")
    assert len(stored_files(house)) == 2


async def test_at_most_six_photos(house):
    photo = jpeg()
    assert (await send(house.client(), [photo] * 6)).status_code == 201
    answer = await send(house.client(), [photo] * 7)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:hejnal:problem:too-many-photos")


async def test_limits_per_address(open_house):
    async with open_house(reports_per_ip_hour=2) as house:
        assert [(await send(house.client())).status_code for _ in range(3)] == [201, 201, 429]
        assert (await send(house.client("10.0.0.2"))).status_code == 201


async def test_what_everybody_sees_is_rounded_and_wordless(house):
    await send(house.client(), [jpeg()], contact="anna@example.pl")
    page = (await house.client().get("/reports")).json()
    assert page["items"][0]["place"] == {"lat": 51.05, "lon": 20.951}
    assert page["items"][0]["street"] == "Żółkiewskiego"
    shapes = (await house.client().get("/reports.geojson")).json()
    assert shapes["features"][0]["geometry"]["coordinates"] == [20.951, 51.05]
    for secret in ("Dziura", "anna", "Żółkiewskiego 4", "size_bytes", "51.0503"):
        assert secret not in json.dumps([page, shapes], ensure_ascii=False)
    near = (await house.client().get("/reports", params={"near": "51.0503,20.9505", "radius_m": 5})).json()
    assert near["items"] == [], "a small circle does not find the exact place"


async def test_public_list_is_paged(house):
    for _ in range(5):
        await send(house.client())
        house.clock.advance(1)
    seen, cursor = [], None
    for _ in range(3):
        page = (await house.client().get("/reports", params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        seen += [one["reference"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert seen == [f"Z-2026-0000{n}" for n in (5, 4, 3, 2, 1)]


async def test_orphans_are_swept_and_reports_kept(house):
    import os
    import time

    from hejnal_citizen.housekeeping import Housekeeping

    kept = (await send(house.client(), [jpeg()])).json()
    root: Path = house.res.settings.photo_dir
    for orphan in (root / "reports" / "zz" / "0-zz", root / "incoming" / "gone"):
        orphan.mkdir(parents=True)
        (orphan / "x.jpg").write_bytes(b"x")
    old = time.time() - 7200
    for folder in [*root.glob("reports/*/*"), *root.glob("incoming/*")]:
        os.utime(folder, (old, old))
    await Housekeeping(house.res).once()
    assert [path.name for path in root.glob("reports/*/*")] == [kept["id"]]
    assert list(root.glob("incoming/*")) == []


async def test_staff_work_a_report(house):
    author = await house.sign_in("anna@example.pl")
    report = (await send(author, [jpeg()])).json()
    clerk, operator = house.staff(role="clerk", subject="clerk-7"), house.staff(role="operator")
    listed = (await operator.get("/reports", params={"q": "dziura", "status": "received"})).json()["items"]
    assert [one["id"] for one in listed] == [report["id"]]
    assert (await operator.get("/reports", params={"q": "50%"})).json()["items"] == []
    assert (await operator.get(f"/reports/{report['id']}")).json()["contact"] == "a…@example.pl"
    full = (await clerk.get(f"/reports/{report['id']}")).json()
    assert full["contact"] == "anna@example.pl"
    assert [event["kind"] for event in full["events"]] == ["submitted", "routed"]
    photo = await operator.get(f"/{full['photos'][0]['url']}")
    assert photo.headers["content-type"] == "image/jpeg"
    assert (await operator.post(f"/reports/{report['id']}/answers", json={})).status_code == 403

    async def answer(**body):
        return await clerk.post(f"/reports/{report['id']}/answers", json={"expected_version": 1, **body})

    assert (await answer(status="closed")).json()["type"] == "urn:hejnal:problem:outcome-mismatch"
    assert (await answer(status="received")).json()["type"] == "urn:hejnal:problem:nothing-to-say"
    first = await answer(status="in_progress", answer="Ekipa jedzie.")
    assert first.status_code == 201, first.text
    assert (await answer(status="planned", answer="Jutro.")).json()["type"] == "urn:hejnal:problem:version-conflict"
    routed = await clerk.put(f"/reports/{report['id']}/unit", json={"expected_version": 2, "unit": "Wodociągi"})
    assert routed.json()["unit"] == "Wodociągi"
    closed = await clerk.post(
        f"/reports/{report['id']}/answers",
        json={"expected_version": 3, "status": "closed", "outcome": "fixed", "answer": "Naprawione."},
    )
    assert closed.json()["status"] == "closed"
    kinds = [kind for _, kind, _ in await house.facts("reports")]
    assert kinds == ["report.submitted.v1", "report.routed.v1", "report.answered.v1", "report.routed.v1", "report.closed.v1"]
    audit = [data["action"] for _, _, data in await house.facts("audit")]
    assert audit == ["report.answered", "report.routed", "report.closed"]
    mine = (await author.get(f"/reports/{report['id']}")).json()
    assert [(event["status"], event["answer"]) for event in mine["events"]] == [
        ("received", ""),
        ("in_progress", "Ekipa jedzie."),
        ("closed", "Naprawione."),
    ]
    assert "clerk-7" not in json.dumps(mine)
    assert (await house.client().get("/reports", params={"status": "closed"})).json()["items"][0]["outcome"] == "fixed"
