"""Keys and secrets of the local town, random, made at the first start, readable by their owner only."""

import base64
import json
import os
import secrets
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hejnal_notifier.channels.vapid_ring import make_vapid_key, read_ring
from hejnal_recorder.export.keys import create_keys
from hejnal_runtime.tokens import load_key, public_jwk

ORGANISATION = "Gmina Bugielsk"
SERVICES = ("ingest", "recorder", "notifier", "citizen-api", "operator-gateway")


class KeyRing:
    """The files below `.run/keys` and the random words in `.run/keys/secrets.json`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    @property
    def jwks(self) -> Path:
        """Public keys of all services (RFC 7517)."""
        return self._folder / "jwks.json"

    @property
    def vapid(self) -> Path:
        """EC P-256 private keys for web push (RFC 8292), PEM; `python -m hejnal_notifier vapid-keys` changes them."""
        return self._folder / "vapid.pem"

    @property
    def vapid_public(self) -> Path:
        """Their public halves as browsers take them, the current one first: uncompressed points, base64url."""
        return self._folder / "vapid.pub"

    @property
    def at_rest(self) -> Path:
        """32 random bytes, base64: encrypts camera credentials and TOTP secrets in the database."""
        return self._folder / "at-rest.key"

    @property
    def citizen_secrets(self) -> Path:
        """The key of citizen-api's secrets; at first the one it had before the two were set apart: its token key."""
        return self._folder / "citizen-secrets.key"

    @property
    def evidence(self) -> Path:
        """The authority that signs exported footage; its root, `ca.pem`, is what a town publishes."""
        return self._folder / "evidence"

    def service(self, name: str) -> Path:
        """Ed25519 private key of one service, PEM."""
        return self._folder / f"{name}.pem"

    def secret(self, name: str) -> str:
        """A random word that stays the same from its first use on."""
        file = self._folder / "secrets.json"
        with self._lock:  # commands of several services are prepared at the same time
            words: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
            if name not in words:
                words[name] = secrets.token_hex(24)  # safe in an address and on a command line
                write_private(file, json.dumps(words, indent=1))
        return words[name]

    def ensure(self) -> None:
        """Make what is missing; what is there stays as it is."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        for name in SERVICES:
            if not self.service(name).exists():
                write_private(self.service(name), _pem(Ed25519PrivateKey.generate()))
        make_vapid_key(self.vapid, None)
        if not self.at_rest.exists():
            write_private(self.at_rest, base64.b64encode(secrets.token_bytes(32)).decode())
        if not self.citizen_secrets.exists():
            seed = load_key(self.service("citizen-api")).private_bytes_raw()
            write_private(self.citizen_secrets, base64.b64encode(seed).decode())
        create_keys(self.evidence, ORGANISATION, datetime.now(UTC))
        write_private(self.vapid_public, "\n".join(read_ring(self.vapid).accepted) + "\n")
        keys = [public_jwk(name, load_key(self.service(name))) for name in SERVICES]
        keys += self._others(keys)
        write_private(self.jwks, json.dumps({"keys": keys}, indent=1))

    def _others(self, present: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Keys that were added or retired by `hejnal_runtime.token_keys`: a rotation may be under way."""
        if not self.jwks.exists():
            return []
        known = {jwk["kid"] for jwk in present}
        return [jwk for jwk in json.loads(self.jwks.read_text(encoding="utf-8"))["keys"] if jwk["kid"] not in known]


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read (mode 600), whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)


def _pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
