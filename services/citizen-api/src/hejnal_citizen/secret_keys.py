"""The commands with which the key of this service's secrets is set apart from its token key, and changed."""

import base64
import os
import sys
from pathlib import Path

from hejnal_citizen.audit import command_line
from hejnal_citizen.open311.back_office import PURPOSE
from hejnal_citizen.resources import SERVICE
from hejnal_citizen.secrets import Secrets
from hejnal_citizen.settings import Settings
from hejnal_citizen.sql import command, query
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.database import Database
from hejnal_runtime.key_file import KeyFile, new_key
from hejnal_runtime.outbox import publish
from hejnal_runtime.tokens import load_key

_SEALED = query("select api_key_sealed from open311_back_office where api_key_sealed is not null for update")
_SEAL = command("update open311_back_office set api_key_sealed = :sealed")


def write_file(path: Path, token_key: Path | None) -> str:
    """Make the file, readable by its owner only; what was done. What is there stays.

    With a token key its seed is written: everything that was made under it holds on when the token key is changed.
    """
    if path.exists():
        return f"{path} is there already: {len(KeyFile(path).read())} keys"
    line = new_key() if token_key is None else base64.b64encode(load_key(token_key).private_bytes_raw()).decode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(line + "\n")
    return f"{path}: {'a new key' if token_key is None else 'the key that was in use until now'}"


async def reseal(database_url: str, settings: Settings) -> dict[str, int]:
    """How many secrets were sealed anew under the newest key. May run beside the service, and again."""
    if settings.secrets_key_file is None:
        sys.exit("HEJNAL_CITIZEN_SECRETS_KEY_FILE is not set: make the file with `secrets-key`, name it in the settings, restart")
    secrets = Secrets(KeyFile(settings.secrets_key_file))
    database, done = Database(database_url, schema="citizen"), 0
    try:
        async with database.transaction() as session:
            sealed = (await session.execute(_SEALED)).scalar()
            if sealed is not None and (anew := secrets.sealed_anew(PURPOSE, bytes(sealed))) is not None:
                await session.execute(_SEAL, {"sealed": anew})
                done = 1
            act = command_line("keys.secrets-resealed", f"{done} secrets", now=SystemClock().now())
            await publish(session, act, source=SERVICE)
    finally:
        await database.close()
    return {"open311_back_office.api_key_sealed": done}
