"""What a scan found, and which of it was accepted with a reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

import yaml

Grade = Literal["critical", "high", "medium"]
ACCEPTED = "deploy/security/accepted.yaml"
_SHORTEST_REASON = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a tool holds against one place."""

    tool: str
    rule: str
    place: str
    """A path of the repository, with the line after a colon where there is one; or the name of a package or object."""
    text: str
    grade: Grade = "medium"

    def __str__(self) -> str:
        return f"{self.grade}: {self.tool} {self.rule} at {self.place}: {self.text}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A risk that is carried: which rule, where, and why."""

    tool: str
    rule: str
    place: str
    """A pattern of the shell, compared with the place without its line."""
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Whether this finding is meant. A critical one is never accepted."""
        place = finding.place.rsplit(":", 1)[0] if finding.place.rsplit(":", 1)[-1].isdigit() else finding.place
        same = (self.tool, self.rule) == (finding.tool, finding.rule)
        return same and finding.grade != "critical" and fnmatch(place, self.place)


def accepted_risks(root: Path) -> tuple[Accepted, ...]:
    """What deploy/security/accepted.yaml says. ValueError for an entry without a reason worth the name."""
    entries = yaml.safe_load((root / ACCEPTED).read_text(encoding="utf-8"))
    risks = tuple(Accepted(**{name: str(value) for name, value in entry.items()}) for entry in entries)
    for risk in risks:
        if len(risk.reason) < _SHORTEST_REASON:
            raise ValueError(f"{ACCEPTED}: {risk.tool} {risk.rule} at {risk.place} is accepted without a reason")
    return risks


def judge(
    findings: Iterable[Finding], risks: Iterable[Accepted], *, tools: Iterable[str]
) -> tuple[list[Finding], list[Accepted]]:
    """What stands open, and what was accepted for one of `tools` but is found no more."""
    findings, risks = list(findings), list(risks)
    still_open = [finding for finding in findings if not any(risk.covers(finding) for risk in risks)]
    ran = set(tools)
    unused = [risk for risk in risks if risk.tool in ran and not any(risk.covers(finding) for finding in findings)]
    return still_open, unused
