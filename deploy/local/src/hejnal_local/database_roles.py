"""One database, a schema and a role per service: a role can neither read nor write another's schema."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg


@dataclass(frozen=True, slots=True)
class ServiceSchema:
    """A service that keeps data: its package, and the schema and role that are its own."""

    service: str
    schema: str
    package: str

    @property
    def role(self) -> str:
        """The PostgreSQL role that owns the schema."""
        return f"hejnal_{self.schema}"


SCHEMAS: tuple[ServiceSchema, ...] = (
    ServiceSchema("recorder", "recorder", "hejnal_recorder"),
    ServiceSchema("operator-gateway", "gateway", "hejnal_gateway"),
    ServiceSchema("citizen-api", "citizen", "hejnal_citizen"),
    ServiceSchema("notifier", "notifier", "hejnal_notifier"),
)
EXTENSIONS = ("postgis", "btree_gist")
"""What the services' migrations build on; only a superuser may add them."""
BACKUP_ROLE = "hejnal_backup"
"""Who makes backups: may read every schema and write none."""

BY_SCHEMA = {one.schema: one for one in SCHEMAS}


def url_of(admin_url: str, *, database: str, role: str | None = None, password: str | None = None, driver: str = "") -> str:
    """`admin_url` turned to another database and, if given, another role. `driver="+asyncpg"` gives SQLAlchemy's form."""
    parts = urlsplit(admin_url)
    location = parts.netloc
    if role is not None:
        secret = "" if password is None else f":{quote(password, safe='')}"
        location = f"{quote(role, safe='')}{secret}@{parts.hostname}:{parts.port or 5432}"
    return urlunsplit((f"postgresql{driver}", location, f"/{database}", parts.query, ""))


async def create_database(admin_url: str, database: str, *, template: str | None = None) -> None:
    """Create the database if it is not there yet."""
    connection = await asyncpg.connect(admin_url, timeout=30)
    try:
        if await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database) is None:
            source = "" if template is None else f" TEMPLATE {_name(template)}"
            await connection.execute(f"CREATE DATABASE {_name(database)}{source}")
    finally:
        await connection.close()


async def drop_database(admin_url: str, database: str) -> None:
    """Drop the database, ending the connections to it."""
    connection = await asyncpg.connect(admin_url, timeout=30)
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {_name(database)} WITH (FORCE)")
    finally:
        await connection.close()


async def provision(admin_url: str, database: str, passwords: dict[str, str], schemas: Sequence[ServiceSchema] = SCHEMAS) -> None:
    """Give the database its extensions and each service its role and schema. `passwords` is by role. Can be repeated.

    They lie in `public`, which everybody may use and nobody but the superuser may create in.
    """
    # Roles belong to the whole cluster and advisory locks to one database: two provisions wait for each other in `postgres`.
    lock = await asyncpg.connect(url_of(admin_url, database="postgres"), timeout=30)
    try:
        await lock.execute("SELECT pg_advisory_lock($1)", advisory_key("hejnal-roles"))
        connection = await asyncpg.connect(url_of(admin_url, database=database), timeout=30)
        try:
            async with connection.transaction():
                for extension in EXTENSIONS:
                    await connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA public")
                await connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
                await connection.execute(f"REVOKE ALL ON DATABASE {_name(database)} FROM PUBLIC")
                for one in schemas:
                    await _provision_one(connection, database, one, passwords[one.role])
        finally:
            await connection.close()
    finally:
        await lock.close()


async def _provision_one(connection: asyncpg.Connection, database: str, one: ServiceSchema, password: str) -> None:
    role, schema = _name(one.role), _name(one.schema)
    if await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", one.role) is None:
        await connection.execute(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE")
    # PASSWORD takes a literal only; the server quotes it for us.
    literal = await connection.fetchval("SELECT quote_literal($1::text)", password)
    await connection.execute(f"ALTER ROLE {role} PASSWORD {literal}")
    await connection.execute(f"GRANT CONNECT ON DATABASE {_name(database)} TO {role}")
    await connection.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
    await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {role}")
    await connection.execute(f"REVOKE ALL ON SCHEMA {schema} FROM PUBLIC")
    await connection.execute(f"ALTER ROLE {role} IN DATABASE {_name(database)} SET search_path = {schema}, public")


def advisory_key(text: str) -> int:
    """A lock number for pg_advisory_lock, the same in every process."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)


def _name(identifier: str) -> str:
    """A quoted SQL identifier."""
    return '"' + identifier.replace('"', '""') + '"'
