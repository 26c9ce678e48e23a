"""A package made by the real worker: hejnal-verify, openssl and a second C2PA implementation find it good."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import av
import encypher_c2pa
import jsonschema
import pytest
from export_case import Case

from hejnal_recorder.export.keys import KeysError, create_keys, is_private, load_keys, rotate_keys
from hejnal_verify.boxes import top_boxes
from hejnal_verify.package import verify_package
from hejnal_verify.provenance import TRUST_PURPOSES


def test_the_package_is_good(made: Case, unpacked: Path) -> None:
    for path in (made.package, unpacked):
        report = verify_package(path, anchor_pem=made.ca)
        assert report.findings == []
        assert (report.files, report.fragments, report.case_number) == (5, 28, "RSD-123/26")
        assert report.signed_at is not None
    assert sorted(path.name for path in (unpacked / "media").iterdir()) == [
        "cam-001_20260503T120000Z_001.mp4",
        "cam-002_20260503T120000Z_001.mp4",
        "cam-002_20260503T120000Z_001_masked.mp4",
        "cam-002_20260503T120015Z_002.mp4",
        "cam-002_20260503T120015Z_002_masked.mp4",
    ]
    assert not (made.folder / "package").exists()


def test_a_strangers_machine_has_nothing_but_the_checker(made: Case, tmp_path: Path) -> None:
    """In a process of its own: what others have imported must not help."""
    authority = tmp_path / "ca.pem"
    authority.write_bytes(made.ca)
    command = [sys.executable, "-m", "hejnal_verify", str(made.package), "--ca", str(authority)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "GOOD" in done.stdout


def test_openssl_and_sha256sum_say_so_too(unpacked: Path) -> None:
    """The three commands of the README, as they stand there."""
    text = (unpacked / "README.txt").read_text()
    commands = [line.split(". ", 1)[1] for line in text.splitlines() if line.startswith(("  1. ", "  2. ", "  3. "))]
    assert len(commands) == 6
    for command in commands:
        done = subprocess.run(command, shell=True, cwd=unpacked, capture_output=True, text=True, check=False, timeout=20)
        assert done.returncode == 0, (command, done.stderr)
    fingerprint = "openssl x509 -in ca.pem -noout -fingerprint -sha256"
    said = subprocess.run(fingerprint, shell=True, cwd=unpacked, capture_output=True, text=True, check=False, timeout=20).stdout
    assert said.strip().split("=")[1] in text


def verdict(path: Path, ca: str) -> str:
    answer = encypher_c2pa.verify(str(path), trust_pem=ca, tsa_trust_pem=ca, no_default_trust=True, telemetry=False, online=False)
    return str(answer["validation_state"])


def verdicts(path: Path, ca: str, tmp_path: Path) -> set[str]:
    """What others say: a second implementation, and the standard's own tool where this machine has it (`docs/guide`)."""
    said = {verdict(path, ca)}
    if tool := os.environ.get("HEJNAL_C2PATOOL") or shutil.which("c2patool"):
        (tmp_path / "anchors.pem").write_text(ca)
        (tmp_path / "purposes.cfg").write_text(TRUST_PURPOSES)
        trust = ["--trust_anchors", str(tmp_path / "anchors.pem"), "--trust_config", str(tmp_path / "purposes.cfg")]
        done = subprocess.run([tool, str(path), "trust", *trust], capture_output=True, text=True, check=True, timeout=120)
        said.add(json.loads(done.stdout)["validation_state"])
    return said


def test_other_implementations_of_c2pa_agree(made: Case, unpacked: Path, tmp_path: Path) -> None:
    ca = made.ca.decode()
    for path in (unpacked / "media").glob("*.mp4"):
        assert verdicts(path, ca, tmp_path) == {"Trusted"}, path
        data = bytearray(path.read_bytes())
        with path.open("rb") as file:
            boxes = {box.kind: box for box in top_boxes(file, len(data))}
        data[boxes[b"mdat"].offset_bytes + 20] ^= 1
        changed = unpacked.parent / f"changed-{path.name}"
        changed.write_bytes(data)
        assert verdicts(changed, ca, tmp_path) == {"Invalid"}, path


def test_fragments_are_untouched_and_play(made: Case, unpacked: Path) -> None:
    manifest = json.loads((unpacked / "manifest.json").read_text())
    [entry] = manifest["cameras"][0]["files"]
    path = unpacked / entry["path"]
    data = path.read_bytes()
    for fragment, planned in zip(entry["fragments"], made.job.plan.cameras[0].stretches[0].fragments, strict=True):
        source = (made.job.archive_dir / planned.path).read_bytes()
        assert source[planned.offset_bytes : planned.offset_bytes + planned.size_bytes] in data
        assert fragment["sha256"] == planned.sha256
    assert entry["camera_clock"] == {"least_offset_s": 0.25, "largest_offset_s": 0.25, "samples": 19}
    assert [segment["fragments"] for segment in entry["segments"]] == [5, 5, 5, 4]
    with path.open("rb") as file:
        kinds = [box.kind for box in top_boxes(file, len(data))]
    assert kinds[:5] == [b"ftyp", b"uuid", b"moov", b"meta", b"sidx"]
    assert (b"suep" in data, b"cstb" in data, kinds.count(b"moof")) == (True, True, 19)
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 19 * 25
        assert container.duration == pytest.approx(19e6, rel=0.01)


def test_a_mask_hides_its_area_for_its_time_and_keeps_the_rest(unpacked: Path) -> None:
    original, masked = (unpacked / f"media/cam-002_20260503T120000Z_001{ending}.mp4" for ending in ("", "_masked"))
    with av.open(str(original)) as one, av.open(str(masked)) as other:
        pairs = zip(one.decode(video=0), other.decode(video=0), strict=True)
        shades = [(a.to_ndarray(format="gray"), b.to_ndarray(format="gray")) for a, b in pairs]
    assert len(shades) == 125
    inside, outside = (slice(12, 55), slice(18, 92)), (slice(70, 96), slice(0, 160))
    levels = [len(set((shade[1][inside] // 12).flatten().tolist())) for shade in shades]
    assert max(levels[:50]) <= 12
    assert abs(shades[10][0][outside].astype(int) - shades[10][1][outside]).mean() < 4
    assert abs(shades[110][0].astype(int) - shades[110][1]).mean() < 4
    provenance = subprocess.run(["strings", str(masked)], capture_output=True, text=True, check=False).stdout
    assert "c2pa.edited" in provenance
    assert "parentOf" in provenance


def test_old_packages_hold_after_rotation_and_after_the_leaf_ran_out(made: Case) -> None:
    keys = rotate_keys(made.job.keys_dir, datetime.now(UTC))
    later = datetime.now(UTC) + timedelta(days=900)
    report = verify_package(made.package, anchor_pem=keys.root_pem.encode(), now=lambda: later)
    assert report.good
    assert len(list((made.job.keys_dir / "retired").iterdir())) == 2


def test_keys_are_private(tmp_path: Path) -> None:
    create_keys(tmp_path / "keys", "Gmina", datetime.now(UTC))
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "keys").glob("*.key")}
    assert modes == {"ca.key": 0o600, "signing.key": 0o600, "tsa.key": 0o600}
    (tmp_path / "keys/signing.key").chmod(0o640)
    with pytest.raises(KeysError, match="read by others"):
        load_keys(tmp_path / "keys")


def test_a_mounted_secret_is_private_too() -> None:
    service, root = 10001, 0
    assert is_private(0o100440, owner=root, user=service)
    for mode, owner, user in (
        (0o100444, root, service),
        (0o100460, root, service),
        (0o100440, service, service),
        (0o100640, root, root),
    ):
        assert not is_private(mode, owner=owner, user=user)


def test_no_key_shows_in_its_text(tmp_path: Path) -> None:
    keys = create_keys(tmp_path, "Gmina", datetime.now(UTC))
    secret = keys.signing.key.private_numbers().private_value
    assert str(secret) not in f"{keys!r} {keys.signing!r}"


def test_the_manifest_is_as_its_schema_says(unpacked: Path) -> None:
    schema = json.loads(resources.files("hejnal_verify").joinpath("manifest.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads((unpacked / "manifest.json").read_text()), schema)


def test_rotation_needs_the_roots_key_and_signing_does_not(tmp_path: Path) -> None:
    create_keys(tmp_path, "Gmina", datetime.now(UTC))
    (tmp_path / "ca.key").unlink()
    assert load_keys(tmp_path).signing
    with pytest.raises(KeysError, match="safe"):
        rotate_keys(tmp_path, datetime.now(UTC))


def test_the_key_of_another_authority_changes_nothing(tmp_path: Path) -> None:
    ours, others = tmp_path / "ours", tmp_path / "others"
    create_keys(ours, "Gmina", datetime.now(UTC))
    create_keys(others, "Gmina", datetime.now(UTC))
    before = {path.name: path.read_bytes() for path in ours.iterdir()}
    (others / "ca.key").replace(ours / "ca.key")
    with pytest.raises(KeysError, match="bring the right one"):
        rotate_keys(ours, datetime.now(UTC))
    assert {path.name: path.read_bytes() for path in ours.iterdir() if path.name != "ca.key"} == {
        name: data for name, data in before.items() if name != "ca.key"
    }
