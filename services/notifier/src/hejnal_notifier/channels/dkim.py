"""DKIM signatures (RFC 6376, Ed25519: RFC 8463), relaxed/relaxed.

Own code, because a burst signs thousands in seconds and the usual library computes RSA in Python; two verifiers that are not
ours check it in the tests.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

Key = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

SMALLEST_RSA_BITS = 1024
RSA_BITS = 2048

# RFC 8058 §4: both List-Unsubscribe headers have to be covered.
_SIGNED = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "references",
    "mime-version",
    "content-type",
    "content-language",
    "auto-submitted",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
)
_ONCE_MORE = ("from", "to", "subject", "date", "content-type", "list-unsubscribe", "list-unsubscribe-post")
"""Signed as absent beyond what is there: nobody can add a second one."""

_SPACES = re.compile(rb"[ \t]+")
_FIELD = re.compile(rb"(?m)^([!-9;-~]+)[ \t]*:((?:.*\r\n)(?:[ \t].*\r\n)*)")
_SELECTOR = re.compile(r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A private key and the name under which its public half stands in the DNS."""

    selector: str
    key: Key

    @property
    def algorithm(self) -> str:
        """Value of the `a` tag."""
        return "rsa-sha256" if isinstance(self.key, rsa.RSAPrivateKey) else "ed25519-sha256"

    def sign(self, data: bytes) -> bytes:
        """The signature over canonical headers."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(hashlib.sha256(data).digest())

    def record(self) -> str:
        """The TXT record for `<selector>._domainkey.<domain>`."""
        public = self.key.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            shape = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            return f"v=DKIM1; k=rsa; p={_b64(public.public_bytes(*shape))}"
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={_b64(raw)}"


class DkimSigner:
    """Signs messages of one domain, once with each key."""

    def __init__(self, domain: str, keys: Sequence[DkimKey]) -> None:
        self._domain = domain.encode("idna").decode()
        self._keys = tuple(keys)

    def signed(self, message: bytes, at_s: int) -> bytes:
        """The message with a DKIM-Signature header per key before it; `message` has CRLF line ends, `at_s` is Unix time."""
        head, separator, body = message.partition(b"\r\n\r\n")
        found: dict[bytes, list[bytes]] = {}
        for name, value in _FIELD.findall(head + b"\r\n"):
            found.setdefault(name.lower(), []).append(_relaxed(name, value))
        names = [name for name in _SIGNED if name.encode() in found]
        listed = [name for name in names for _ in found[name.encode()]]
        # of several headers with one name the last is taken first (RFC 6376 §5.4.2)
        canonical = b"".join(field for name in names for field in reversed(found[name.encode()]))
        listed += [name for name in _ONCE_MORE if name not in ("list-unsubscribe", "list-unsubscribe-post") or name in names]
        body_hash = _b64(hashlib.sha256(relaxed_body(body if separator else b"")).digest())
        signatures = []
        for key in self._keys:
            tags = (
                f"v=1; a={key.algorithm}; c=relaxed/relaxed; d={self._domain};\r\n\ts={key.selector}; t={at_s};\r\n\t"
                f"h={_folded(listed)};\r\n\tbh={body_hash};\r\n\tb="
            )
            unsigned = _relaxed(b"DKIM-Signature", b" " + tags.encode() + b"\r\n").removesuffix(b"\r\n")
            value = _b64(key.sign(canonical + unsigned))
            lines = "\r\n\t ".join(value[at : at + 70] for at in range(0, len(value), 70))
            signatures.append(f"DKIM-Signature: {tags}{lines}\r\n".encode())
        return b"".join(signatures) + message


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376 §3.4.4: runs of spaces become one, none at line ends, no empty lines at the end."""
    lines = [_SPACES.sub(b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"\r\n".join(lines) + b"\r\n" if lines else b""


def _relaxed(name: bytes, value: bytes) -> bytes:
    unfolded = value.replace(b"\r\n", b"")
    return name.lower() + b":" + _SPACES.sub(b" ", unfolded).strip(b" ") + b"\r\n"


def _folded(names: Sequence[str]) -> str:
    lines, line = [], ""
    for name in names:
        if len(line) + len(name) > 70:
            lines.append(line)
            line = ""
        line += name + ":"
    return "\r\n\t ".join([*lines, line]).removesuffix(":")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def load_dkim_keys(files: Mapping[str, Path]) -> tuple[DkimKey, ...]:
    """Selector → PEM file with an RSA or Ed25519 key. ValueError, naming the file, when it holds anything else."""
    return tuple(_load(selector, path) for selector, path in files.items())


def _load(selector: str, path: Path) -> DkimKey:
    if not _SELECTOR.match(selector):
        raise ValueError(f"DKIM selector {selector!r} is no DNS label")
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"DKIM key {path} cannot be read ({type(error).__name__}); make one with `dkim-key`") from error
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return DkimKey(selector, key)
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < SMALLEST_RSA_BITS:
        raise ValueError(f"DKIM key {path} is neither Ed25519 nor RSA of at least {SMALLEST_RSA_BITS} bits")
    return DkimKey(selector, key)


def make_dkim_key(path: Path, selector: str, *, ed25519_key: bool = False) -> str:
    """Make a key where there is none, readable by its owner only; the TXT record of its public half."""
    if not path.exists():
        key: Key = (
            ed25519.Ed25519PrivateKey.generate()
            if ed25519_key
            else rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        )
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(pem)
    return _load(selector, path).record()


def record_name(selector: str, sender: str | None) -> str:
    """Where the TXT record goes for mail from `sender` (an address, with or without a name); None: the domain is left open."""
    domain = parseaddr(sender)[1].rpartition("@")[2].encode("idna").decode() if sender else ""
    return f"{selector}._domainkey.{domain or '<domain of the sender>'}"
