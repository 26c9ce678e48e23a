"""Changing the key with which a service signs its tokens, while everybody goes on working.

python -m hejnal_runtime.token_keys new SERVICE KEY.pem JWKS.json    a new key; its public half joins the set, so all accept it
python -m hejnal_runtime.token_keys retire KID JWKS.json             its tokens are refused; what it signed before can be checked
python -m hejnal_runtime.token_keys forget KID JWKS.json             also that not: for a key that fell into foreign hands
python -m hejnal_runtime.token_keys list JWKS.json

Between `new` and `retire` the service is started anew with the new key. Verifiers read the set again when its file changes.
"""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hejnal_runtime.key_file import write_whole
from hejnal_runtime.tokens import RETIRED, public_jwk


class KeySetError(ValueError):
    """The set or the key is not as it has to be; the text says what to do."""


def new(service: str, key_file: Path, key_set: Path) -> str:
    """Make a key where none is, add its public half to the set; its `kid`."""
    if key_file.exists():
        raise KeySetError(f"{key_file} is there already: give the new key a name of its own, then put it in the old one's place")
    key = Ed25519PrivateKey.generate()
    jwk = public_jwk(service, key)
    documents = _read(key_set)
    write_whole(key_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(), 0o600)
    write_whole(key_set, json.dumps({"keys": [*documents, jwk]}, indent=1), _mode(key_set))
    return str(jwk["kid"])


def retire(kid: str, key_set: Path, now: datetime) -> None:
    """Refuse tokens of a key from now on. KeySetError when it is unknown or the last one of its service."""
    documents = _read(key_set)
    found = _find(documents, kid)
    others = [jwk for jwk in documents if _service(jwk) == _service(found) and jwk is not found and RETIRED not in jwk]
    if not others:
        raise KeySetError(f"{kid} is the only key of {_service(found)}: make a new one first, and start the service with it")
    found[RETIRED] = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    write_whole(key_set, json.dumps({"keys": documents}, indent=1), _mode(key_set))


def forget(kid: str, key_set: Path, now: datetime) -> None:
    """As `retire`, and take the key out of the set: nothing that it signed is believed any more."""
    if RETIRED not in _find(_read(key_set), kid):
        retire(kid, key_set, now)
    kept = [jwk for jwk in _read(key_set) if jwk["kid"] != kid]
    write_whole(key_set, json.dumps({"keys": kept}, indent=1), _mode(key_set))


def listing(key_set: Path) -> list[str]:
    """A line per key: its `kid`, and since when it is retired."""
    return [f"{jwk['kid']}  {'retired ' + jwk[RETIRED] if RETIRED in jwk else 'in use'}" for jwk in _read(key_set)]


def _service(jwk: dict[str, Any]) -> str:
    return str(jwk["kid"]).split(":", 1)[0]


def _find(documents: list[dict[str, Any]], kid: str) -> dict[str, Any]:
    for jwk in documents:
        if jwk["kid"] == kid:
            return jwk
    raise KeySetError(f"there is no key {kid}; there are: {', '.join(str(jwk['kid']) for jwk in documents) or 'none'}")


def _read(key_set: Path) -> list[dict[str, Any]]:
    if not key_set.exists():
        return []
    try:
        documents: list[dict[str, Any]] = json.loads(key_set.read_text(encoding="utf-8"))["keys"]
    except (ValueError, KeyError, TypeError) as error:
        raise KeySetError(f"{key_set} is no key set (RFC 7517): {error}") from error
    return documents


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777 if path.exists() else 0o644


def main(arguments: list[str] | None = None) -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="python -m hejnal_runtime.token_keys", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    made = commands.add_parser("new", help="make a key and add its public half to the set")
    made.add_argument("service")
    made.add_argument("key_file", type=Path)
    for name, says in (("retire", "refuse its tokens"), ("forget", "believe nothing that it signed")):
        ended = commands.add_parser(name, help=says)
        ended.add_argument("kid")
    commands.add_parser("list", help="name the keys of the set")
    for command in commands.choices.values():
        command.add_argument("key_set", type=Path)
    given = parser.parse_args(arguments)
    try:
        if given.command == "new":
            print(new(given.service, given.key_file, given.key_set))  # noqa: T201 a command speaks to who typed it
        elif given.command == "list":
            print("\n".join(listing(given.key_set)))  # noqa: T201 the same
        else:
            (retire if given.command == "retire" else forget)(given.kid, given.key_set, datetime.now(UTC))
    except (KeySetError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
