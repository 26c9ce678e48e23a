"""The log as a file: JSON Lines that carry the chain, so that whoever holds the file can check it without us.

The first line says what the file is, then one entry per line with its hash, at last a head signed by the gateway: a file that was
cut short has no such line. The entries are a whole stretch of the chain, from the first to the last position that falls into
the time asked for; a few that arrived among them may lie outside it.
"""

import json
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import func, select

from hejnal_gateway.audit.chain import FORMAT, instant_text, plain
from hejnal_gateway.audit.heads import STATEMENT, AuditHeads
from hejnal_gateway.audit.verifying import ChainCheck, Finding
from hejnal_gateway.tables import audit_entries
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.tokens import TokenVerifier

_PAGE = 2_000


class FileCheck(BaseModel):
    """What was found in an exported file."""

    intact: bool
    entries: int
    first_position: int | None
    last_position: int | None
    last_hash: str | None
    head_signed: bool
    findings: list[Finding]


class AuditExport:
    """Writes the log as lines."""

    def __init__(self, database: Database, heads: AuditHeads, clock: Clock) -> None:
        self._database = database
        self._heads = heads
        self._clock = clock

    async def lines(self, since: datetime, until: datetime, *, by: str) -> AsyncIterator[bytes]:
        """The file in pieces. What is written does not change, so it is read page by page and holds nothing up."""
        entries = audit_entries.c
        async with self._database.read() as session:
            query = select(func.min(entries.position), func.max(entries.position)).where(entries.at >= since, entries.at < until)
            first, last = (await session.execute(query)).one()
        made = {"from": instant_text(since), "until": instant_text(until), "made_at": instant_text(self._clock.now())}
        yield _line({"export": {"format": FORMAT, **made, "made_by": by}})
        after, digest = (first or 0) - 1, b""
        while last is not None and after < last:
            page = select(audit_entries).where(entries.position > after, entries.position <= last)
            async with self._database.read() as session:
                rows = [dict(row) for row in (await session.execute(page.order_by(entries.position).limit(_PAGE))).mappings()]
            yield b"".join(_line({"entry": plain(row, row["previous_hash"]), "hash": row["hash"].hex()}) for row in rows)
            after, digest = rows[-1]["position"], rows[-1]["hash"]
        statement = self._heads.vouch(after, digest).statement if last is not None else ""
        yield _line({"head": {"position": last, "hash": digest.hex(), "statement": statement}})


def check_file(lines: Iterable[str], verifier: TokenVerifier | None) -> tuple[FileCheck, dict[int, str]]:
    """What is wrong with an exported file; and the hash of each of its entries, by position.

    Without `verifier` the signature of its head is not looked at (`head_signed` is then False).
    """
    chain = ChainCheck(from_the_beginning=False)
    hashes: dict[int, str] = {}
    first: int | None = None
    header = closed = signed = False
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
            if closed:
                chain.find("unreadable", None, f"Line {number} follows the head, which must be the last line.")
            elif "export" in line:
                header = line["export"]["format"] == FORMAT and number == 1
            elif "head" in line:
                closed = True
                signed = _check_head(chain, line["head"], verifier)
            else:
                digest = str(line["hash"])
                chain.take(line["entry"], bytes.fromhex(digest))
                hashes[int(line["entry"]["position"])] = digest
                first = first if first is not None else chain.position
        except (ValueError, KeyError, TypeError, AttributeError):
            chain.find("unreadable", None, f"Line {number} cannot be read.")
    if not header:
        chain.find("unreadable", None, f"The first line does not say that this is {FORMAT}.")
    if not closed:
        chain.find("cut-short", chain.position, "The last line, the signed head, is missing: the file was cut short.")
    found = FileCheck(
        intact=not chain.findings,
        entries=chain.checked,
        first_position=first,
        last_position=chain.position,
        last_hash=chain.digest.hex() if chain.digest is not None and chain.checked else None,
        head_signed=signed,
        findings=chain.findings,
    )
    return found, hashes


def _check_head(chain: ChainCheck, head: dict[str, Any], verifier: TokenVerifier | None) -> bool:
    last = (chain.position, chain.digest.hex() if chain.digest is not None else "")
    if (head["position"], head["hash"]) != last:
        chain.find("cut-short", chain.position, "The file does not end at the entry that its head tells of.")
    if verifier is None or head["position"] is None:
        return False
    try:
        claims = verifier.statement(str(head["statement"]), STATEMENT)
    except ValueError:
        chain.find("unsigned", chain.position)
        return False
    if (claims.get("position"), claims.get("hash")) != (head["position"], head["hash"]):
        chain.find("unsigned", chain.position)
        return False
    return True


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
