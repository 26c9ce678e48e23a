"""Imports as the API carries them."""

from typing import Literal

from pydantic import AwareDatetime, Field

from hejnal_citizen.schema import Output

State = Literal["checked", "refused", "waiting", "done"]


class RowError(Output):
    """What is wrong with one row."""

    row: int = Field(description="Line of the file; the header is line 1")
    column: str
    code: str
    detail: str
    value: str = Field(description="What stands there; of a phone number only its last digits")


class ResidentImport(Output):
    """An import and how far it is."""

    id: str
    state: State = Field(
        description="checked: a dry run found what is counted here; refused: rows are wrong, nothing was imported; "
        "waiting: it is being imported; done: every importable row is in"
    )
    dry_run: bool
    total: int = Field(description="Rows of the file without the header")
    importable: int = Field(description="New numbers with everything in order")
    imported: int = Field(description="How many are in so far; they count together, when the last one is")
    known: int = Field(description="Rows whose number the town has with consent already; left as they are")
    withdrawn: int = Field(description="Rows whose holder has withdrawn the consent here (STOP); left as they are")
    doubled: int = Field(description="Rows whose number stands in the file before; the first one counts")
    errors: list[RowError] = Field(description="At most 1,000")
    errors_total: int
    created_at: AwareDatetime
    created_by: str
    finished_at: AwareDatetime | None
