"""What a restore lays out: the files that were kept, and nothing beside their folder whatever the stream says."""

import io
import tarfile
from datetime import UTC, datetime

import pytest

from hejnal_backup.errors import BackupError
from hejnal_backup.folders import Unpacking, packed


def stream_of(*entries: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w|") as tar:
        for entry in entries:
            tar.addfile(entry, io.BytesIO(b"x" * entry.size))
    return out.getvalue()


def entry_of(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.size, entry.linkname = kind, 1 if kind == tarfile.REGTYPE else 0, "/etc/passwd"
    return entry


def test_files_come_back_with_their_times_and_their_owner_s_rights(tmp_path):
    kept = tmp_path / "keys"
    (kept / "evidence").mkdir(parents=True)
    (kept / "evidence" / "ca.pem").write_bytes(b"\x00" * 3_000_000)
    (kept / "one.key").write_text("secret")
    (kept / "one.key").chmod(0o640)
    (kept / "empty").touch()
    link = kept / "linked.key"
    link.symlink_to(kept / "one.key")
    unpacking = Unpacking(tmp_path / "restored")
    with packed(kept) as source, unpacking.sink() as sink:
        while block := source.read(65536):
            sink.write(block)
    unpacking.put_in_place(datetime.now(UTC))
    restored = tmp_path / "restored"
    assert unpacking.files == 4
    assert (restored / "evidence" / "ca.pem").read_bytes() == b"\x00" * 3_000_000
    assert (restored / "one.key").stat().st_mode & 0o777 == 0o600
    assert int((restored / "one.key").stat().st_mtime) == int((kept / "one.key").stat().st_mtime)
    assert (restored / "empty").read_bytes() == b""
    assert not (restored / "linked.key").is_symlink()


@pytest.mark.parametrize(
    "entry",
    [entry_of("../outside"), entry_of("in/../../outside"), entry_of("/outside"), entry_of("outside", tarfile.SYMTYPE)],
    ids=["above", "above by a way round", "absolute", "link"],
)
def test_what_leads_out_of_the_folder_is_refused(tmp_path, entry):
    unpacking = Unpacking(tmp_path / "inside" / "restored")
    with pytest.raises(BackupError, match="none of the files that a backup holds"), unpacking.sink() as sink:
        sink.write(stream_of(entry_of("first"), entry))
    assert not (tmp_path / "inside" / "restored").exists()
    assert [path.name for path in tmp_path.rglob("*") if "outside" in path.name] == []
