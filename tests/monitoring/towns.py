"""Where a running town of `make run` is asked for its metrics."""

import re
from pathlib import Path

from hejnal_local.ports import HOST
from hejnal_local.programs import SERVICES


def setting(run: Path, program: str, name: str) -> str:
    """What a program of the town was told."""
    found = re.search(rf"^export {name}='?([^'\n]*)'?$", (run / "programs" / program).read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{program} was not told {name}"
    return found[1]


def internal_doors(run: Path) -> dict[str, list[str]]:
    """Address of each service's metrics, by job."""
    ports = {service.name: setting(run, service.name, f"{service.prefix}INTERNAL_PORT") for service in SERVICES}
    return {name: [f"{HOST}:{port}"] for name, port in ports.items()}
