"""An OCI image with one static program in it, without an image tool (OCI Image Format 1.1)."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path


def image_of_one_program(program: Path, tag: str, target: Path) -> None:
    """Write `target`, an archive that `ctr images import` takes in as `tag`."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        archive.add(program, arcname=program.name)
    packed = gzip.compress(layer.getvalue(), 1, mtime=0)
    config = _json(
        architecture="amd64",
        os="linux",
        config={"Entrypoint": [f"/{program.name}"], "WorkingDir": "/"},
        rootfs={"type": "layers", "diff_ids": [_digest(layer.getvalue())]},
    )
    manifest = _json(
        schemaVersion=2,
        mediaType="application/vnd.oci.image.manifest.v1+json",
        config=_described(config, "application/vnd.oci.image.config.v1+json"),
        layers=[_described(packed, "application/vnd.oci.image.layer.v1.tar+gzip")],
    )
    named = {"annotations": {"io.containerd.image.name": tag, "org.opencontainers.image.ref.name": tag.rpartition(":")[2]}}
    index = _json(schemaVersion=2, manifests=[_described(manifest, "application/vnd.oci.image.manifest.v1+json") | named])
    with tarfile.open(target, "w") as archive:
        _put(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        _put(archive, "index.json", index)
        for blob in (config, manifest, packed):
            _put(archive, "blobs/sha256/" + _digest(blob).partition(":")[2], blob)


def _json(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _described(content: bytes, media_type: str) -> dict[str, object]:
    return {"mediaType": media_type, "digest": _digest(content), "size": len(content)}


def _put(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
