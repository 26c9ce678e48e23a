"""The VAPID keys of a town (RFC 8292), in one file that is read again when it changes.

A browser's subscription is bound to the key it was made with, so a new key can only come beside the old ones: new subscriptions
are made with it, the old keys sign for those that hang on them until their browsers have subscribed anew. The file is PEM, oldest
key first, with a mark before a key that is not in use yet and in the place of one that was withdrawn:

    -----BEGIN PRIVATE KEY-----        in use: the last key without a mark is the current one
    # withdrawn <public key> <since>   gone: its subscriptions are ended
    # next <since>                     known, not yet given to browsers
    -----BEGIN PRIVATE KEY-----
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import structlog
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from hejnal_notifier.channels.push_encryption import unb64url
from hejnal_notifier.channels.vapid import Vapid, application_server_key
from hejnal_runtime.key_file import write_whole

log = structlog.get_logger()

_BLOCK = re.compile(r"-----BEGIN ((?:EC )?PRIVATE KEY)-----.+?-----END \1-----", re.DOTALL)
_MARK = re.compile(r"^# (next|withdrawn)\b[ \t]*(.*)$", re.MULTILINE)


class KeyState(StrEnum):
    """What a key is for."""

    NEXT = "next"
    """It can sign, but no browser is given it yet."""
    CURRENT = "current"
    """Browsers subscribe with it."""
    OLDER = "older"
    """It signs for subscriptions that were made with it."""
    WITHDRAWN = "withdrawn"
    """Nothing is signed with it any more."""
    MISSING = "missing"
    """Subscriptions name it, and the file knows nothing of it."""


class RingError(ValueError):
    """The file is not as it has to be, or what was asked for cannot be done; the text says what to do."""


@dataclass(frozen=True, slots=True)
class RingKey:
    """One key of the file."""

    public_key: str
    """applicationServerKey, base64url."""
    private_key: EllipticCurvePrivateKey | None
    """None: withdrawn."""
    state: KeyState
    since: str = ""
    """Since when it has its mark."""

    @property
    def key_id(self) -> str:
        """A short name."""
        return key_id(self.public_key)


@dataclass(frozen=True, slots=True)
class Ring:
    """The keys of a file, oldest first; at least one is current."""

    keys: tuple[RingKey, ...]

    @property
    def current(self) -> RingKey:
        """The key that browsers subscribe with."""
        return next(key for key in self.keys if key.state is KeyState.CURRENT)

    @property
    def oldest(self) -> RingKey:
        """The key of subscriptions that were made before keys were told, whether it still signs or not."""
        return self.keys[0]

    @property
    def accepted(self) -> list[str]:
        """Public keys that a browser may have subscribed with, the current one first."""
        older = [key.public_key for key in reversed(self.keys) if key.state is KeyState.OLDER]
        return [self.current.public_key, *older]

    @property
    def withdrawn(self) -> list[str]:
        """Public keys that were withdrawn."""
        return [key.public_key for key in self.keys if key.state is KeyState.WITHDRAWN]

    def find(self, public_key: str | None) -> RingKey:
        """The key that a subscription was made with; in the state `missing` where the file does not know it."""
        if public_key is None:
            return self.oldest
        for key in self.keys:
            if key.public_key == public_key:
                return key
        return RingKey(public_key, None, KeyState.MISSING)

    def added(self, now: datetime) -> "Ring":
        """With a new key that waits to be switched to. RingError when one waits already."""
        if any(key.state is KeyState.NEXT for key in self.keys):
            raise RingError("a new key waits already: switch to it first")
        made = generate_private_key(SECP256R1())
        return Ring((*self.keys, RingKey(application_server_key(made), made, KeyState.NEXT, _stamp(now))))

    def switched(self) -> "Ring":
        """With the key that waited as the current one. RingError when none waits."""
        if not any(key.state is KeyState.NEXT for key in self.keys):
            raise RingError("no new key waits: make one with `vapid-keys add`")
        states = {KeyState.CURRENT: KeyState.OLDER, KeyState.NEXT: KeyState.CURRENT}
        return Ring(tuple(replace(key, state=states.get(key.state, key.state)) for key in self.keys))

    def without(self, name: str, now: datetime) -> "Ring":
        """Without a key, by its short name: its subscriptions will be ended. RingError for the current or an unknown one."""
        found = [key for key in self.keys if key.key_id == name]
        if not found:
            raise RingError(f"there is no key {name}; there are: {', '.join(key.key_id for key in self.keys)}")
        (key,) = found
        if key.state is KeyState.CURRENT:
            raise RingError(f"{name} is the key that browsers subscribe with: `add` a new one and `switch` to it first")
        if key.state is KeyState.NEXT:  # no browser ever had it
            return Ring(tuple(one for one in self.keys if one is not key))
        gone = replace(
            key, private_key=None, state=KeyState.WITHDRAWN, since=key.since if key.private_key is None else _stamp(now)
        )
        return Ring(tuple(gone if one is key else one for one in self.keys))

    def given_up(self, lost: RingKey, now: datetime) -> "Ring":
        """With a key that the file did not know as a withdrawn one: its subscriptions will be ended."""
        gone = replace(lost, private_key=None, state=KeyState.WITHDRAWN, since=_stamp(now))
        return Ring((self.oldest, gone, *self.keys[1:]))

    def text(self) -> str:
        """The file."""
        return "\n".join(_lines(key) for key in self.keys) + "\n"


class VapidRing:
    """What signs for each subscription, as the file says now. A file that was spoilt is reported; the keys before it hold."""

    def __init__(self, path: Path, subject: str) -> None:
        self._path = path
        self._subject = subject
        self._seen = self._version()
        self._ring = read_ring(path)
        self._signers: dict[str, Vapid] = {}

    def read(self) -> Ring:
        """The keys, read again when the file has changed."""
        try:
            version = self._version()
            if version != self._seen:
                self._seen = version
                self._ring = read_ring(self._path)
                log.info("vapid_keys_read_again", keys={key.key_id: key.state.value for key in self._ring.keys})
        except (OSError, ValueError) as error:
            log.error("vapid_keys_unreadable", file=self._path.name, error=str(error))  # noqa: TRY400 the text says it all
        return self._ring

    def signer(self, key: RingKey) -> Vapid | None:
        """What signs with a key; None for one that was withdrawn or is missing."""
        if key.private_key is None:
            return None
        if key.public_key not in self._signers:
            self._signers[key.public_key] = Vapid(key.private_key, self._subject)
        return self._signers[key.public_key]

    def _version(self) -> tuple[int, int, int]:
        try:
            stat = self._path.stat()
        except OSError:
            return 0, 0, 0  # reading it says so, once
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def key_id(public_key: str) -> str:
    """The short name of a public key: the beginning of its SHA-256."""
    try:
        return hashlib.sha256(unb64url(public_key)).hexdigest()[:12]
    except ValueError:
        return "unreadable"


def read_ring(path: Path) -> Ring:
    """The keys of a file. RingError when one is no EC P-256 key, one is there twice, or none can be used; OSError."""
    text, keys, mark = path.read_text(encoding="ascii", errors="replace"), list[RingKey](), None
    found = sorted([*_BLOCK.finditer(text), *_MARK.finditer(text)], key=lambda match: match.start())
    for match in found:
        if match.re is _BLOCK:
            private = _private_key(match[0], path)
            state, since = (KeyState.NEXT, mark) if mark is not None else (KeyState.OLDER, "")
            keys.append(RingKey(application_server_key(private), private, state, since))
            mark = None
        elif match[1] == "next":
            mark = match[2].strip()
        else:
            public_key, _, since = match[2].strip().partition(" ")
            keys.append(RingKey(_checked(public_key, path), None, KeyState.WITHDRAWN, since))
    if len({key.public_key for key in keys}) != len(keys):
        raise RingError(f"{path.name} has one key twice: each stands in it once, oldest first")
    usable = [number for number, key in enumerate(keys) if key.state is KeyState.OLDER]
    if not usable:
        raise RingError(
            f"{path.name} holds no key that can be used: make one with `vapid-key`, or put back the one of the backup"
        )
    keys[usable[-1]] = replace(keys[usable[-1]], state=KeyState.CURRENT)
    return Ring(tuple(keys))


def write_ring(ring: Ring, private: Path, public: Path | None) -> None:
    """Write the file, readable by its owner only, and the one with the public halves, the current one first, for citizen-api."""
    write_whole(private, ring.text(), 0o600)
    if public is not None:
        write_whole(public, "\n".join(ring.accepted) + "\n", public.stat().st_mode & 0o777 if public.exists() else 0o644)


def make_vapid_key(private: Path, public: Path | None) -> str:
    """Make a key where there is no file; the current key's public half, base64url. What is there stays."""
    if not private.exists():
        private.parent.mkdir(parents=True, exist_ok=True)
        made = generate_private_key(SECP256R1())
        write_whole(private, _pem(made), 0o600)
    ring = read_ring(private)
    if public is not None:
        write_whole(public, "\n".join(ring.accepted) + "\n", public.stat().st_mode & 0o777 if public.exists() else 0o644)
    return ring.current.public_key


def _private_key(pem: str, path: Path) -> EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise RingError(f"{path.name} holds a key that cannot be read: {type(error).__name__}") from error
    if not isinstance(key, EllipticCurvePrivateKey) or key.curve.name != SECP256R1().name:
        raise RingError(f"{path.name} does not hold an EC P-256 key")
    return key


def _checked(public_key: str, path: Path) -> str:
    if key_id(public_key) == "unreadable" or not public_key:
        raise RingError(f"{path.name}: after `# withdrawn` stands the public key, base64url")
    return public_key


def _lines(key: RingKey) -> str:
    if key.private_key is None:
        return f"# withdrawn {key.public_key} {key.since}".rstrip()
    mark = f"# next {key.since}".rstrip() + "\n" if key.state is KeyState.NEXT else ""
    return mark + _pem(key.private_key).rstrip()


def _pem(key: EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _stamp(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H:%M:%SZ}"
