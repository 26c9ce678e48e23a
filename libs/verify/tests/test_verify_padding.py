"""Parts of a recorded file are padded to whole blocks of the disk; the hashes that were announced cover the padding."""

import hashlib
import io

from hejnal_verify.media import read_contents


def box(kind: bytes, size_bytes: int = 24) -> bytes:
    return size_bytes.to_bytes(4, "big") + kind + bytes(size_bytes - 8)


def digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()


def read(*parts: bytes) -> tuple[str, tuple[str, ...]]:
    data = b"".join(parts)
    found = read_contents(io.BytesIO(data), len(data))
    assert found.whole == digest(data)
    return found.init, found.fragments


FTYP, MOOV, PAD, PADDING = box(b"ftyp"), box(b"moov", 40), box(b"free"), box(b"free", 64)
ONE, TWO = (box(b"moof"), box(b"mdat", 80)), (box(b"moof", 32), box(b"mdat", 48))


def test_padding_belongs_to_the_part_before_it() -> None:
    init, fragments = read(FTYP, MOOV, PAD, *ONE, PADDING, *TWO, PAD)
    assert init == digest(FTYP, MOOV, PAD)
    assert fragments == (digest(*ONE, PADDING), digest(*TWO, PAD))


def test_files_without_padding_and_boxes_of_the_package_are_read_as_before() -> None:
    meta, index = box(b"meta"), box(b"sidx")
    init, fragments = read(FTYP, box(b"uuid"), MOOV, meta, index, *ONE, *TWO, box(b"mfra"))
    assert init == digest(FTYP, MOOV)
    assert fragments == (digest(*ONE), digest(*TWO))


def test_what_is_put_between_shows() -> None:
    init, fragments = read(FTYP, MOOV, PAD, *ONE, PADDING, box(b"free"), *TWO)
    assert init == digest(FTYP, MOOV, PAD)
    assert fragments[0] != digest(*ONE, PADDING)
    assert fragments[1] == digest(*TWO)
