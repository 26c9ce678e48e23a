"""Files that staff attach: pictures and PDFs written anew, hostile ones refused, served so that a browser can only show them."""

import io
import json
from datetime import timedelta

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from hejnal_citizen.housekeeping import Housekeeping


def picture(kind="JPEG", side=320, **options):
    buffer = io.BytesIO()
    Image.effect_noise((side, side), 60).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


def pdf(pages=1, change=None, **options):
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page()
    document.docinfo["/Author"] = "Anna Nowak"
    if change is not None:
        change(document)
    buffer = io.BytesIO()
    document.save(buffer, **options)
    return buffer.getvalue()


async def attach(house, content, name="plan.pdf", description="Plan objazdu", staff=None):
    return await (staff or house.staff()).post("/attachments", files={"file": (name, content)}, data={"description": description})


async def attached(house, content, **options):
    answer = await attach(house, content, **options)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def announced(house, *ids):
    body = {
        "category": "roads",
        "severity": "notice",
        "texts": {"pl": {"title": "Objazd", "body": "Plan w załączniku."}},
        "valid_until": "2026-11-23T18:00:00Z",
        "channels": ["email"],
        "attachments": list(ids),
    }
    answer = await house.staff().post("/announcements", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def test_a_picture_and_a_pdf_go_with_an_announcement(house):
    exif = Image.Exif()
    exif[0x9286] = "gdzie mieszkam"
    photo = await attached(house, picture(exif=exif), name="C:\\zdjęcia\\Rynek 1.jpeg", description="Rynek  z objazdem")
    plan = await attached(house, pdf(pages=2) + b"\n<script>alert(1)</script>")
    assert (photo["media_type"], photo["name"], photo["width"], photo["pages"]) == ("image/jpeg", "Rynek 1.jpg", 320, None)
    assert (plan["media_type"], plan["name"], plan["pages"]) == ("application/pdf", "plan.pdf", 2)
    public = house.client()
    number = await announced(house, photo["id"], plan["id"])
    shown = (await public.get(f"/announcements/{number}")).json()
    assert [one["id"] for one in shown["attachments"]] == [photo["id"], plan["id"]]
    assert shown["attachments"][0]["description"] == "Rynek z objazdem"
    for one, how in ((photo, "inline"), (plan, "attachment")):
        answer = await public.get(f"/announcements/{number}/attachments/{one['id']}")
        assert answer.headers["content-type"] == one["media_type"]
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-disposition"].startswith(how)
        assert len(answer.content) == one["size_bytes"]
        for secret in (b"gdzie mieszkam", b"Anna Nowak", b"<script>"):
            assert secret not in answer.content
    other = await announced(house)
    assert (await public.get(f"/announcements/{other}/attachments/{plan['id']}")).status_code == 404
    assert [json.loads(row.value)["action"] for row in await house.rows("select value from outbox where topic = 'audit'")][
        :2
    ] == ["attachment.added"] * 2


def with_script(document):
    document.Root.Names = pikepdf.Dictionary(
        JavaScript=pikepdf.Dictionary(
            Names=pikepdf.Array(["x", pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")])
        )
    )


def with_launch(document):
    action = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe")
    document.pages[0].Annots = pikepdf.Array([document.make_indirect(pikepdf.Dictionary(Subtype=pikepdf.Name.Link, A=action))])


def with_file(document):
    document.attachments["virus.exe"] = b"MZ"


def with_jump(document):
    document.Root.OpenAction = pikepdf.Array([document.pages[0].obj, pikepdf.Name.Fit])


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        (pdf(change=with_script), "pdf-acts"),
        (pdf(change=with_launch), "pdf-acts"),
        (pdf(change=with_file), "pdf-acts"),
        (pdf(encryption=pikepdf.Encryption(user="a", owner="b")), "pdf-encrypted"),
        (pdf(encryption=pikepdf.Encryption(user="", owner="b")), "pdf-encrypted"),
        (pdf(pages=201), "pdf-too-long"),
        (b"%PDF-1.7\nnonsense", "attachment-unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "attachment-unreadable"),
        (b"GIF89a<script>", "attachment-unreadable"),
        (b"\0" + pdf(), "attachment-unreadable"),
        (b"", "attachment-unreadable"),
        (b"MZ\x90\0", "attachment-unreadable"),
    ],
    ids=["script", "launch", "file", "password", "owner", "long", "broken", "svg", "gif", "polyglot", "empty", "program"],
)
async def test_what_acts_or_cannot_be_read_is_refused(house, content, slug):
    answer = await attach(house, content)
    assert answer.status_code in {413, 415}, answer.text
    assert answer.json()["type"] == f"urn:hejnal:problem:{slug}"
    assert await house.rows("select 1 from attachments") == []
    assert list((house.res.settings.photo_dir / "incoming").glob("attachment-*")) == []


async def test_a_pdf_that_only_opens_at_a_page_is_taken(house):
    assert (await attached(house, pdf(change=with_jump)))["pages"] == 1


async def test_forms_are_bounded_and_say_what_is_missing(open_house):
    async with open_house(attachment_bytes=50_000) as house:
        staff = house.staff()
        large = await attach(house, picture(side=1200, quality=95))
        assert (large.status_code, large.json()["type"]) == (413, "urn:hejnal:problem:attachment-too-large")
        barely = await attach(house, pdf() + b"\0" * 50_000)
        assert barely.status_code == 413
        assert (await attach(house, pdf(), description="x")).json()["type"] == "urn:hejnal:problem:description-missing"
        assert (await staff.post("/attachments", data={"description": "Plan"}, files={"other": b"x"})).status_code == 422
        assert (await staff.post("/attachments", json={})).status_code == 415
        for body in (b"", b"--x", b"--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n", b"--x\r\n\r\n--x--"):
            answer = await staff.post("/attachments", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
            assert answer.status_code == 422, body
        none = await staff.post("/attachments", content=b"x", headers={"Content-Type": "multipart/form-data"})
        assert none.status_code == 422
        assert (await attach(house, pdf(), staff=house.staff("clerk"))).status_code == 403


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_spoilt_pdfs_never_crash_the_check(tmp_path, data):
    from hejnal_citizen.announcements.pdf_process import RefusedError, rewrite

    spoilt = bytearray(pdf(pages=2, change=with_jump))
    for _ in range(data.draw(st.integers(1, 12))):
        spoilt[data.draw(st.integers(5, len(spoilt) - 1))] = data.draw(st.integers(0, 255))
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bytes(spoilt))
    try:
        assert rewrite(source, target)["pages"] >= 1
    except (RefusedError, pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, RuntimeError):
        return
    with pikepdf.open(target) as document:
        assert "/OpenAction" not in document.Root


async def test_what_nobody_uses_goes_after_a_week(house):
    used, drafted, unused = [(await attached(house, pdf()))["id"] for _ in range(3)]
    await announced(house, used)
    assert (await house.staff().post("/announcement-drafts", json={"attachments": [drafted]})).status_code == 201
    house.clock.advance(timedelta(days=8).total_seconds())
    await Housekeeping(house.res).once()
    assert sorted(row.id for row in await house.rows("select id from attachments")) == sorted([used, drafted])
    assert (await house.staff().get(f"/attachments/{unused}")).status_code == 404
    assert (await house.staff().get(f"/attachments/{drafted}")).status_code == 200
