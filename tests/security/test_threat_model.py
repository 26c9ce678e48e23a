"""Every test that the threat model leans on exists, and each door has its threats."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "design" / "threat-model.md"
ROW = re.compile(r"^\| ([STRIDE](?:, [STRIDE])*) \| (.+?) \| (.+?) \| (.+) \|$")


@cache
def _tests_of(path: Path) -> frozenset[str]:
    found = ast.walk(ast.parse(path.read_text()))
    return frozenset(node.name for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`([\w./-]+\.py)::(test_\w+)`", PAGE.read_text())
    assert len(named) > 70
    missing = [f"{path}::{name}" for path, name in named if not (ROOT / path).is_file() or name not in _tests_of(ROOT / path)]
    assert missing == []


def test_every_threat_has_a_control_and_a_test() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ") and not line.startswith("| | ")]
    assert rows
    for line in rows:
        found = ROW.match(line)
        assert found is not None, line
        assert "::test_" in found[4], f"nothing shows it: {line}"


def test_all_six_kinds_are_thought_of_at_both_doors() -> None:
    sections = re.split(r"(?m)^## ", PAGE.read_text())
    for door in ("Residents' door", "Operators' door"):
        section = next(text for text in sections if text.startswith(door))
        assert {kind for line in section.splitlines() if (row := ROW.match(line)) for kind in row[1].split(", ")} == set("STRIDE")
