"""What was walked and how long it took: `python -m tests.monitoring.walked` writes it into the list of the runbooks."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from .walks import BY_PROMTOOL, GUARD, WALKS

ROOT = Path(__file__).parents[2]
LIST = ROOT / "docs" / "runbooks" / "README.md"
MEASURED = ROOT / "test-results" / "runbooks.json"
HEADING = "## Które karty przeszliśmy"
_ROW = re.compile(r"^\| `(Hejnal\w+)` \| (.*?) \| (.*?) \| (.*?) \|$", re.MULTILINE)


def walked() -> dict[str, str]:
    """Each alert that is walked, and the fault in words."""
    return {alert: walk.words for walk in WALKS for alert in walk.alerts} | {GUARD[0]: GUARD[1]}


def note(alerts: Sequence[str], fired_s: float, ended_s: float) -> None:
    """Keep what a walk has measured: from the fault to all of its alerts, from the first command to the end of them."""
    known = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}
    known |= {alert: [round(fired_s), round(ended_s)] for alert in alerts}
    MEASURED.parent.mkdir(exist_ok=True)
    MEASURED.write_text(json.dumps(known, indent=1), encoding="utf-8")


def rows() -> dict[str, tuple[str, str, str]]:
    """What the list says of each alert: fault, time to fire, time to end."""
    _, found, table = LIST.read_text(encoding="utf-8").partition(HEADING)
    assert found, f"{LIST.name} has no part {HEADING!r}"
    return {name: (words, fired, over) for name, words, fired, over in _ROW.findall(table)}


def table() -> str:
    """The rows with what was measured last; what was not measured again keeps its figures."""
    measured = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}
    before, lines = rows(), ["| alarm | awaria | świeci po | gaśnie po |", "|---|---|---|---|"]
    for name, words in walked().items():
        fired, over = (f"{value} s" for value in measured[name]) if name in measured else before.get(name, ("", "?", "?"))[1:]
        lines.append(f"| `{name}` | {words} | {fired} | {over} |")
    lines += [f"| `{name}` | tylko promtool: {why} | – | – |" for name, why in BY_PROMTOOL.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    text = LIST.read_text(encoding="utf-8")
    head, _, rest = text.partition(HEADING)
    words = rest.partition("\n| alarm |")[0]
    LIST.write_text(f"{head}{HEADING}{words}\n{table()}", encoding="utf-8")
