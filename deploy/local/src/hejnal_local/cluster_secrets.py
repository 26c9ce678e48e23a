"""Keys and passwords for an installation on Kubernetes.

python -m hejnal_local.cluster_secrets FOLDER [--organisation …] | kubectl apply -f -

Makes what is missing in the folder (keep it safe: it is the only copy), and prints the Secrets that the Helm chart names.
"""

import argparse
import base64
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hejnal_local.database_roles import BACKUP_ROLE, SCHEMAS
from hejnal_local.keys import ORGANISATION, SERVICES, KeyRing
from hejnal_recorder.export.keys import create_keys

_KEYS = ("at-rest.key", "vapid.pem", "vapid.pub", "citizen-secrets.key")
_EVIDENCE = ("ca.pem", "signing.pem", "signing.key", "tsa.pem", "tsa.key")
"""Not the authority's private key (`ca.key`): it signs new leaves every two years, and stays in the safe."""


def secrets_of(folder: Path, organisation: str) -> list[dict[str, Any]]:
    """The Secret objects, by the names that are the chart's defaults; `evidence.existingSecret` is set to `hejnal-evidence`."""
    folder.mkdir(parents=True, exist_ok=True)
    ring = KeyRing(folder)
    create_keys(ring.evidence, organisation, datetime.now(UTC))  # the first to make them names the organisation
    ring.ensure()
    tokens = {f"{name}.pem": ring.service(name).read_bytes() for name in SERVICES}
    found = [
        _secret("hejnal-tokens", {**tokens, "jwks.json": ring.jwks.read_bytes()}),
        _secret("hejnal-keys", {name: (folder / name).read_bytes() for name in _KEYS}),
        _secret("hejnal-evidence", {name: (ring.evidence / name).read_bytes() for name in _EVIDENCE}),
    ]
    for one in SCHEMAS:
        account = {"username": one.role.encode(), "password": ring.secret(one.role).encode()}
        found.append(_database_secret(f"hejnal-{one.service}-database", account))
    account = {"username": BACKUP_ROLE.encode(), "password": ring.secret(BACKUP_ROLE).encode()}
    found.append(_database_secret("hejnal-backup-database", account))
    return found


def _database_secret(name: str, account: dict[str, bytes]) -> dict[str, Any]:
    """CloudNativePG changes the role's password as soon as a Secret with this label changes."""
    made = _secret(name, account, "kubernetes.io/basic-auth")
    made["metadata"]["labels"] = {"cnpg.io/reload": "true"}
    return made


def _secret(name: str, data: dict[str, bytes], kind: str = "Opaque") -> dict[str, Any]:
    encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": kind, "data": encoded}


def main(arguments: list[str] | None = None) -> int:
    """Prints them as one list."""
    parser = argparse.ArgumentParser(prog="python -m hejnal_local.cluster_secrets", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--organisation", default=ORGANISATION, help="who signs evidence, as certificates name it")
    chosen = parser.parse_args(arguments)
    json.dump({"apiVersion": "v1", "kind": "List", "items": secrets_of(chosen.folder, chosen.organisation)}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
