"""Whatever is changed in a package is found, with the file and the second."""

import json
import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from export_case import Case, make_case
from recorder_footage import Clip

from hejnal_verify.__main__ import main as hejnal_verify
from hejnal_verify.boxes import top_boxes
from hejnal_verify.package import verify_package
from hejnal_verify.provenance import read_provenance

TAMPERINGS = int(os.environ.get("HEJNAL_TEST_TAMPERINGS", "40"))


def test_every_changed_byte_of_media_or_timing_is_found(made: Case, unpacked: Path) -> None:
    """HEJNAL_TEST_TAMPERINGS says how many; 40 of them unless told."""
    choose = random.Random(20261122)
    ca = made.ca.decode()
    media = sorted((unpacked / "media").glob("*.mp4"))
    places = []
    for path in media:
        with path.open("rb") as file:
            boxes = [box for box in top_boxes(file, path.stat().st_size) if box.kind not in (b"ftyp", b"uuid", b"free", b"mfra")]
        places += [(path, box) for box in boxes]
    for number in range(TAMPERINGS):
        kinds = (b"moof", b"mdat", b"moov", b"sidx", b"meta")
        wanted = [place for place in places if place[1].kind == kinds[number % 5]] or places
        path, box = choose.choice(wanted)
        at = box.offset_bytes + choose.randrange(box.size_bytes)
        with path.open("r+b") as file:
            file.seek(at)
            [before] = file.read(1)
            file.seek(at)
            file.write(bytes([before ^ (1 << choose.randrange(8))]))
        try:
            report = verify_package(unpacked, anchor_pem=made.ca)
            assert any(finding.file == f"media/{path.name}" and finding.starts_at for finding in report.findings), (path, at)
            with path.open("rb") as file:
                assert read_provenance(file, ca).state != "Trusted", (path, box, at)
        finally:
            with path.open("r+b") as file:
                file.seek(at)
                file.write(bytes([before]))
    assert verify_package(unpacked, anchor_pem=made.ca).good


def test_the_changed_second_is_named(made: Case, unpacked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = tmp_path / "package"
    shutil.copytree(unpacked, package)
    path = package / "media/cam-001_20260503T120000Z_001.mp4"
    data = bytearray(path.read_bytes())
    with path.open("rb") as file:
        eighth = [box for box in top_boxes(file, len(data)) if box.kind == b"mdat"][7]
    data[eighth.offset_bytes + eighth.size_bytes // 2] ^= 0x10
    path.write_bytes(data)
    assert hejnal_verify([str(package)]) == 1
    said = capsys.readouterr().out
    assert "fragment 7 was changed" in said
    assert "2026-05-03T12:00:07.000000Z – 2026-05-03T12:00:08.000000Z" in said
    assert hejnal_verify([str(package), "--json"]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {one["code"] for one in findings} == {"fragment-changed", "file-changed", "c2pa-wrong"}


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("manifest", "signature-wrong"),
        ("sums", "file-changed"),
        ("added", "file-added"),
        ("removed", "file-missing"),
        ("player", "file-changed"),
        ("stamp", "stamp-wrong"),
        ("swapped", "c2pa-other"),
        ("cut", "fragment-missing"),
        ("unsigned", "signature-missing"),
    ],
)
def test_other_tampering_is_found(made: Case, unpacked: Path, tmp_path: Path, what: str, code: str) -> None:
    package = tmp_path / "package"
    shutil.copytree(unpacked, package)
    media = sorted((package / "media").iterdir())
    match what:
        case "manifest":
            path = package / "manifest.json"
            path.write_text(path.read_text().replace("RSD-123/26", "RSD-124/26"))
        case "sums":
            path = package / "SHA256SUMS"
            path.write_text(path.read_text().replace("  ca.pem", "  README.txt", 1))
        case "added":
            (package / "media" / "other.mp4").write_bytes(media[0].read_bytes())
        case "removed":
            media[1].unlink()
        case "player":
            (package / "odtwarzacz.html").write_text("<p>")
        case "stamp":
            path = package / "manifest.json.tsr"
            path.write_bytes(path.read_bytes()[:-1] + b"\0")
        case "swapped":
            media[0].rename(package / "x")
            media[1].rename(media[0])
            (package / "x").rename(media[1])
        case "cut":
            media[0].write_bytes(media[0].read_bytes()[:-9000])
        case "unsigned":
            (package / "manifest.json.p7s").unlink()
    report = verify_package(package, anchor_pem=made.ca)
    assert code in {finding.code for finding in report.findings}, report.findings


def test_a_forgers_own_authority_is_not_trusted(made: Case, clip: Clip, tmp_path: Path) -> None:
    forged = make_case(tmp_path, clip)
    forged.run()
    assert verify_package(forged.package).good
    assert any("fingerprint" in note for note in verify_package(forged.package).notes)
    report = verify_package(forged.package, anchor_pem=made.ca)
    assert {"signature-wrong", "c2pa-wrong"} <= {finding.code for finding in report.findings}


def leaves(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path] * bool(path) + [leaf for key, value in inner for leaf in leaves(value, (*path, key))]


def test_any_change_in_the_manifest_is_a_finding_and_never_a_crash(made: Case, unpacked: Path, tmp_path: Path) -> None:
    choose = random.Random(5)
    package = tmp_path / "package"
    shutil.copytree(unpacked, package)
    original = json.loads((package / "manifest.json").read_text())
    places = [place for place in leaves(original) if len(place) < 7 or choose.random() < 0.05]
    for place in choose.sample(places, 40):
        changed = json.loads(json.dumps(original))
        node = changed
        for key in place[:-1]:
            node = node[key]
        node[place[-1]] = choose.choice([None, 7, "x", [], {}, [{}], "../../x", True])
        (package / "manifest.json").write_text(json.dumps(changed))
        report = verify_package(package, anchor_pem=made.ca)
        assert "signature-wrong" in {finding.code for finding in report.findings}, place
        assert json.dumps(report.document())
