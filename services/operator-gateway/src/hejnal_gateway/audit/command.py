"""`python -m hejnal_gateway audit-check [FILE]`: the log in the database, or an exported file."""

from pathlib import Path

from sqlalchemy import select

from hejnal_gateway.audit.checking import AuditChecks
from hejnal_gateway.audit.exporting import FileCheck, check_file
from hejnal_gateway.audit.verifying import ChainCheck, Finding
from hejnal_gateway.settings import GatewaySettings
from hejnal_gateway.storage import SERVICE, open_database
from hejnal_gateway.tables import audit_entries
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.database import Database
from hejnal_runtime.tokens import TokenVerifier

_AT_ONCE = 5_000


async def check_database(settings: GatewaySettings) -> ChainCheck:
    """Follow the chain in the database. ValueError when settings are missing."""
    if settings.trusted_jwks_file is None:
        raise ValueError("HEJNAL_GATEWAY_TRUSTED_JWKS_FILE is not set: signatures of heads cannot be checked")
    database = open_database(settings)
    try:
        verifier = TokenVerifier(SERVICE, settings.trusted_jwks_file)
        return await AuditChecks(database, verifier, SystemClock()).check()
    finally:
        await database.close()


async def check_export(settings: GatewaySettings, file: Path, *, against_database: bool) -> FileCheck:
    """Check an exported file by itself; with `against_database` also that the database still says what the file says."""
    verifier = TokenVerifier(SERVICE, settings.trusted_jwks_file) if settings.trusted_jwks_file is not None else None
    with file.open(encoding="utf-8") as lines:
        found, hashes = check_file(lines, verifier)
    if not against_database:
        return found
    database = open_database(settings)
    try:
        findings = found.findings + await _differences(database, hashes)
    finally:
        await database.close()
    return found.model_copy(update={"findings": findings, "intact": not findings})


async def _differences(database: Database, hashes: dict[int, str]) -> list[Finding]:
    differing = []
    positions = sorted(hashes)
    for start in range(0, len(positions), _AT_ONCE):
        asked = positions[start : start + _AT_ONCE]
        query = select(audit_entries.c.position, audit_entries.c.hash).where(audit_entries.c.position.in_(asked))
        async with database.read() as session:
            there = {row.position: row.hash.hex() for row in await session.execute(query)}
        differing += [position for position in asked if there.get(position) != hashes[position]]
    detail = "The database does not hold this entry as the file has it: the log was changed after the file was made."
    return [Finding(problem="cut-short", position=position, detail=detail) for position in differing[:100]]
