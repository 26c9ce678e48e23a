"""What a check found, in words for a stranger and in fields for a program."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was signed."""

    code: str
    file: str
    detail: str
    starts_at: str | None = None
    """First and last instant of the footage concerned, where it can be told (RFC 3339)."""
    ends_at: str | None = None

    def sentence(self) -> str:
        """One line."""
        when = f" [{self.starts_at} – {self.ends_at}]" if self.starts_at else ""
        return f"{self.file}{when}: {self.detail} ({self.code})"


@dataclass(slots=True)
class Report:
    """The outcome for one package or file."""

    subject: str
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What holds, but a reader should know: an anchor that came with the package, a missing time stamp."""
    files: int = 0
    fragments: int = 0
    anchor_sha256: str = ""
    anchor_from: str = ""
    """`given` by the caller or found in the `package`."""
    signed_at: str | None = None
    signer: str | None = None
    case_number: str | None = None

    @property
    def good(self) -> bool:
        """Whether nothing was changed."""
        return not self.findings

    def add(self, code: str, file: str, detail: str, starts_at: str | None = None, ends_at: str | None = None) -> None:
        """Note something that is wrong."""
        self.findings.append(Finding(code, file, detail, starts_at, ends_at))

    def document(self) -> dict[str, Any]:
        """The report as JSON."""
        return {"good": self.good, **asdict(self)}
