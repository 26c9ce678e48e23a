"""Check rendered Kubernetes objects against the schemas of several releases: python check_manifests.py FILE.yaml."""

import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

VERSIONS = ("1.28", "1.31", "1.34", "1.37")
FOREIGN = (
    "monitoring.coreos.com/",
    "kafka.strimzi.io/",
    "postgresql.cnpg.io/",
    "keda.sh/",
    "gateway.networking.k8s.io/",
)  # objects of an operator's own kinds have no schema here: `make test-cluster` shows them to a real API server


def check(document: dict[str, Any]) -> list[str]:
    """What is wrong with one object, by Kubernetes version."""
    found = []
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            where = "/".join(str(part) for part in error.path)
            found.append(f"{document['kind']} {document['metadata']['name']} ({version}) {where}: {error.message}")
    return found


def main() -> int:
    """The exit code: 0 when every object fits."""
    objects = [document for document in yaml.safe_load_all(Path(sys.argv[1]).read_text()) if document]
    own = [document for document in objects if not document["apiVersion"].startswith(FOREIGN)]
    found = [line for document in own for line in check(document)]
    for line in found:
        print(line, file=sys.stderr)
    print(
        f"{len(own)} objects checked against Kubernetes {', '.join(VERSIONS)}; {len(objects) - len(own)} of other kinds left out"
    )
    return 1 if found or not own else 0


if __name__ == "__main__":
    sys.exit(main())
