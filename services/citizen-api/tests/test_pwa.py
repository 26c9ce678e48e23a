import gzip

import pytest


@pytest.fixture
def site(tmp_path):
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><title>Hejnał</title>")
    (dist / "sw.js").write_text("self")
    (dist / "manifest.webmanifest").write_text("{}")
    (dist / "assets" / "app-4f2a.js").write_text("1")
    (dist / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "town.pmtiles").write_bytes(bytes(range(256)) * 4)
    return dist


ROOT = "http://localhost:8080"


async def test_each_file_is_cached_as_it_deserves(open_house, site):
    async with open_house(site_dir=site) as house:
        client = house.client()
        wanted = {
            "/": "no-cache",
            "/index.html": "no-cache",
            "/sw.js": "no-cache",
            "/manifest.webmanifest": "no-cache",
            "/assets/app-4f2a.js": "public, max-age=31536000, immutable",
            "/favicon.svg": "public, max-age=3600",
            "/komunikaty/abc": "no-cache",
        }
        for path, caching in wanted.items():
            answer = await client.get(ROOT + path)
            assert (answer.status_code, answer.headers["cache-control"]) == (200, caching), path
        assert "Hejnał" in (await client.get(ROOT + "/zgloszenia/123")).text
        assert (await client.get(ROOT + "/manifest.webmanifest")).headers["content-type"] == "application/manifest+json"
        head = await client.head(ROOT + "/")
        assert (head.status_code, head.content) == (200, b"")
        again = await client.get(ROOT + "/", headers={"If-None-Match": (await client.get(ROOT + "/")).headers["etag"]})
        assert again.status_code in {200, 304}


async def test_packed_copies_are_handed_out_to_who_takes_them(open_house, site):
    script = site / "assets" / "app-4f2a.js"
    (site / "assets" / "app-4f2a.js.gz").write_bytes(gzip.compress(script.read_bytes()))
    async with open_house(site_dir=site) as house:
        client = house.client()
        for accepted, packed in {"gzip, deflate": True, "br": False, "gzip;q=0": False, "": False, "GZIP;q=0.5": True}.items():
            answer = await client.get(ROOT + "/assets/app-4f2a.js", headers={"Accept-Encoding": accepted})
            assert (answer.status_code, answer.text) == (200, "1"), accepted
            assert answer.headers.get("content-encoding") == ("gzip" if packed else None), accepted
            assert answer.headers["content-type"].startswith("text/javascript")
            assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone.js",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/%00",
        "/api/v1/nothing",
        "/api/v2/town",
        "/metrics",
        "/readyz",
        "/internal/v1/anything",
        "/staff/v1/reports",
        "/.well-known/jwks.json",
    ],
)
async def test_what_is_not_there_is_not_found(open_house, site, path):
    async with open_house(site_dir=site) as house:
        answer = await house.client().get(ROOT + path)
        assert answer.status_code == 404
        assert "secret" not in answer.text.replace("secret.txt", "")


async def test_without_a_built_site_only_the_api_answers(house):
    assert (await house.client().get(ROOT + "/")).status_code == 404


async def test_the_map_answers_byte_ranges(open_house, site):
    async with open_house(map_file=site.parent / "town.pmtiles") as house:
        client = house.client()
        assert (await client.get("/town")).json()["map_url"] == "/map/town.pmtiles"
        part = await client.get(ROOT + "/map/town.pmtiles", headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
        assert part.headers["content-range"] == "bytes 10-19/1024"
        assert (await client.get(ROOT + "/map/town.pmtiles", headers={"Range": "bytes=5000-"})).status_code == 416
    async with open_house(map_file=site.parent / "gone.pmtiles") as house:
        assert (await house.client().get("/town")).json()["map_url"] is None
        assert (await house.client().get(ROOT + "/map/town.pmtiles")).status_code == 404
