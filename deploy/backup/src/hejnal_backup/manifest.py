"""`manifest.json`, written last: a folder without one is no backup. It says what was taken, when, and with which hashes."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FILE = "manifest.json"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Part(_Frozen):
    """One encrypted file of a backup."""

    name: str
    kind: Literal["schema", "folder"]
    of: str = Field(description="The schema, or the folder's name in the settings")
    size_bytes: int
    sha256: str = Field(description="Of the encrypted file, so that anybody can check it")
    plain_size_bytes: int
    plain_sha256: str


class TableDigest(_Frozen):
    """What a table held at the backup's moment: how many rows, and the sum of their hashes in any order."""

    rows: int
    digest: str


class SchemaFacts(_Frozen):
    """What a schema needs around it."""

    owner: str
    settings: tuple[str, ...] = Field(description="The owner's settings in this database, e.g. search_path=recorder, public")
    revision: str = Field(description="Newest migration; empty where there is none")
    tables: dict[str, TableDigest]


class Manifest(_Frozen):
    """One whole backup."""

    format: Literal["hejnal-backup/1"] = "hejnal-backup/1"
    backup_id: str
    started_at: datetime
    taken_at: datetime = Field(description="Everything committed before this instant is in the backup")
    finished_at: datetime
    server_version: str
    extensions: tuple[str, ...]
    schemas: dict[str, SchemaFacts]
    parts: tuple[Part, ...]

    @property
    def size_bytes(self) -> int:
        """What it takes in the target."""
        return sum(part.size_bytes for part in self.parts)

    @property
    def duration_s(self) -> float:
        """How long it took to make."""
        return (self.finished_at - self.started_at).total_seconds()

    def part_of(self, kind: str, of: str) -> Part | None:
        """The part that holds a schema or a folder."""
        return next((part for part in self.parts if (part.kind, part.of) == (kind, of)), None)
