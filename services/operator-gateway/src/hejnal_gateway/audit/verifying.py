"""Following the chain link by link. Pure: entries in, findings out; for the database and for exported files alike."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field

from hejnal_gateway.audit.chain import GENESIS, hash_of

MOST_FINDINGS = 100

Problem = Literal["altered", "broken", "out-of-order", "cut-short", "unsigned", "unreadable"]
WORDS: dict[Problem, str] = {
    "altered": "This entry is not what was recorded: its content does not give its hash.",
    "broken": "This entry does not follow the one before it: entries between them were taken out, put in, or changed.",
    "out-of-order": "This entry stands in a place that is not its own.",
    "cut-short": "The log does not contain what it is known to have contained: its end is missing, or was written anew.",
    "unsigned": "A head's signature is not valid.",
    "unreadable": "This line cannot be read.",
}


class Finding(BaseModel):
    """Something is wrong with the log."""

    problem: Problem
    position: int | None = Field(description="Of the entry, where there is one")
    detail: str


class ChainCheck:
    """Takes entries in order and keeps what is wrong with them, at most `MOST_FINDINGS`."""

    def __init__(self, *, from_the_beginning: bool) -> None:
        self.findings: list[Finding] = []
        self.checked = 0
        self.position: int | None = None
        self.digest: bytes | None = GENESIS if from_the_beginning else None
        self._heads: dict[int, str] = {}

    def expect(self, position: int, digest: str) -> None:
        """The entry at `position` is known to have had this hash."""
        self._heads[position] = digest

    def take(self, entry: Mapping[str, Any], digest: bytes) -> None:
        """The next entry in its plain form, and the hash that stands beside it."""
        position = int(entry["position"])
        if hash_of(entry) != digest:
            self.find("altered", position)
        if self.digest is not None and entry["previous"] != self.digest.hex():
            self.find("broken", position)
        if self.position is not None and position <= self.position:
            self.find("out-of-order", position)
        known = self._heads.pop(position, None)
        if known is not None and known != digest.hex():
            self.find("cut-short", position, "An entry that stood here before had another hash: the log was written anew.")
        self.position, self.digest = position, digest
        self.checked += 1

    def end(self) -> None:
        """No more entries: heads that were not met are of entries that are gone."""
        for position in sorted(self._heads):
            self.find("cut-short", position, f"The log is known to have had an entry {position}, which is not there.")
        self._heads.clear()

    def find(self, problem: Problem, position: int | None, detail: str = "") -> None:
        """Note something wrong."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(problem=problem, position=position, detail=detail or WORDS[problem]))
