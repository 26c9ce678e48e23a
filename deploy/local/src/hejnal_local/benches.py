"""`make bench`: runs every benchmark and writes what they measured to docs/reference/benchmarks.{json,md}."""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hejnal_local.workspace import Workspace

Measurement = dict[str, Any]
_LONGEST_S = 3600
_FIRST_COLUMNS = ("system", "what")
_LAST_COLUMNS = ("load", "met")


def measure(bench: Path) -> list[Measurement]:
    """The JSON lines of one benchmark, which are shown as they come. Raises RuntimeError if it fails: half a table misleads."""
    print(f"\n# {bench.stem}", flush=True)
    found: list[Measurement] = []
    process = subprocess.Popen([sys.executable, str(bench)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", flush=True)
        if line.startswith("{"):
            found.append(json.loads(line))
    if process.wait(_LONGEST_S) != 0:
        raise RuntimeError(f"{bench.name} ended with code {process.returncode}: nothing has been written")
    return found


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    cpu = next((line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 1024**2),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "measured_at": datetime.now(UTC).isoformat(timespec="minutes"),
    }


def markdown(where: dict[str, Any], measurements: list[Measurement]) -> str:
    """The page: a table per benchmark with one row per measurement."""
    system = (
        f"{where['cpu']}, {where['cores']} cores, {where['memory_gib']} GiB, Linux {where['kernel']}, Python {where['python']}"
    )
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; what each measures and how is said in `tests/bench/`. Absolute times move with the machine:",
        "compare the ratio to the peer that ran beside it, and mind the load average at the time.",
        "",
        f"Machine: {system}, measured {where['measured_at']}.",
    ]
    for bench in dict.fromkeys(str(one["bench"]) for one in measurements):
        rows = [_flat(one) for one in measurements if one["bench"] == bench]
        names = list(dict.fromkeys(name for row in rows for name in row))
        columns = [name for name in _FIRST_COLUMNS if name in names]
        columns += [name for name in names if name not in {*_FIRST_COLUMNS, *_LAST_COLUMNS}]
        columns += [name for name in _LAST_COLUMNS if name in names]
        lines += ["", f"## {bench}", "", _row(columns), _row(["---"] * len(columns))]
        lines += [_row([_cell(row.get(name)) for name in columns]) for row in rows]
    return "\n".join(lines) + "\n"


def _flat(measurement: Measurement) -> Measurement:
    """`{"latency_ms": {"p50": 1}}` becomes `{"latency_ms p50": 1}`."""
    flat: Measurement = {}
    for name, value in measurement.items():
        if name == "bench":
            continue
        if isinstance(value, dict):
            flat |= {f"{name} {inner}": inner_value for inner, inner_value in value.items()}
        else:
            flat[name] = value
    return flat


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "**no**"
    return str(value).replace("|", "\\|")


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()


def main() -> int:
    """Exit code 0 if every benchmark ran to its end; a missed bar is told in the table."""
    root = Workspace.of_this_clone().root
    chosen = sys.argv[1:]
    benches = [path for path in sorted((root / "tests" / "bench").glob("bench_*.py")) if not chosen or path.stem[6:] in chosen]
    where = machine()
    try:
        measurements = [one for bench in benches for one in measure(bench)]
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    page = write(root / "docs" / "reference", where, measurements)
    print(f"\nwritten: {page}")
    return subprocess.run([sys.executable, str(root / "docs" / "sizing.py")], check=False).returncode  # reckons with them


def write(reference: Path, where: dict[str, Any], measurements: list[Measurement]) -> Path:
    """Puts the measurements in the place of older ones of the same benchmarks; those of others stay. Gives the page."""
    document = reference / "benchmarks.json"
    older = json.loads(document.read_text(encoding="utf-8"))["measurements"] if document.exists() else []
    names = {one["bench"] for one in measurements}
    kept = [one for one in older if one["bench"] not in names] + measurements
    kept.sort(key=lambda one: str(one["bench"]))
    text = json.dumps({"machine": where, "measurements": kept}, indent=1, ensure_ascii=False)
    document.write_text(text + "\n", encoding="utf-8")
    page = reference / "benchmarks.md"
    page.write_text(markdown(where, kept), encoding="utf-8")
    return page


if __name__ == "__main__":
    sys.exit(main())
