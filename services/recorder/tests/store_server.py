"""A real S3 server of the tests' own (SeaweedFS), which can be taken away and come back."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from hejnal_local.ports import free_ports
from hejnal_recorder.tiers.store import ObjectStore, StorePlace

BUCKET = "hejnal-archive"
_NAMES = tuple(f"{part}.port{kind}" for part in ("master", "volume", "filer", "s3") for kind in ("", ".grpc"))


@dataclass
class StoreServer:
    """`start`, `stop`; `place` says how to reach it."""

    folder: Path
    process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ports = dict(zip(_NAMES, free_ports(len(_NAMES)), strict=True))
        keys = {"accessKey": "hejnal-test", "secretKey": "only-in-tests"}
        identity = {"name": "recorder", "credentials": [keys], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
        (self.folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        for name, key in (("access", "accessKey"), ("secret", "secretKey")):
            (self.folder / f"{name}.key").write_text(keys[key] + "\n")

    @property
    def place(self) -> StorePlace:
        return self.place_at(self.ports["s3.port"])

    def place_at(self, port: int) -> StorePlace:
        return StorePlace(
            endpoint=f"http://127.0.0.1:{port}", bucket=BUCKET, region="us-east-1", timeout_s=5,
            access_key_file=self.folder / "access.key", secret_key_file=self.folder / "secret.key",
        )  # fmt: skip

    def environment(self, **changes: str) -> dict[str, str]:
        """For a recorder process."""
        named = {
            "STORE_ENDPOINT": self.place.endpoint, "STORE_BUCKET": BUCKET, "STORE_TIMEOUT_S": "5",
            "STORE_ACCESS_KEY_FILE": str(self.place.access_key_file), "STORE_SECRET_KEY_FILE": str(self.place.secret_key_file),
        }  # fmt: skip
        return {f"HEJNAL_RECORDER_{name}": value for name, value in (named | changes).items()}

    def start(self) -> None:
        options = [f"-{name}={port}" for name, port in self.ports.items()]
        command = [
            str(Path(sys.executable).with_name("weed")), "-logtostderr=true", "server", f"-dir={self.folder}", "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1", "-filer", "-s3", f"-s3.config={self.folder / 's3.json'}", "-s3.port.iceberg=0",
            "-s3.port.lance=0", "-master.volumeSizeLimitMB=64", "-volume.max=20", "-s3.iam=false", *options,
        ]  # fmt: skip
        with (self.folder / "weed.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            assert self.process is not None
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "weed.log").read_text(errors="replace")[-3000:])
            try:
                request = urllib.request.Request(f"{self.place.endpoint}/{BUCKET}", method="HEAD")
                urllib.request.urlopen(request, timeout=2)
            except urllib.error.HTTPError:
                if self._writable():
                    return
            except OSError:
                pass
            time.sleep(0.3)

    def _writable(self) -> bool:
        try:
            obstore.put(self.raw(), "ready", b"1")
        except (BaseError, FileNotFoundError):
            return False
        return True

    def raw(self) -> S3Store:
        """The bucket as anybody with the keys sees it."""
        return ObjectStore.open(self.place, "")._store

    def objects(self) -> dict[str, int]:
        """Everything in the bucket."""
        return {one["path"]: one["size"] for batch in obstore.list(self.raw()) for one in batch if one["path"] != "ready"}

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
            self.process = None
