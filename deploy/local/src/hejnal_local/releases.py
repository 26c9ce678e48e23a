"""What the last release stands on in the database, as a committed file: `deploy/releases/last.json`.

The release rule (decision 0017): expand, migrate, contract. A migration may add; what the last release uses it neither drops,
renames nor narrows, so that the last release's programs run on the new schema: a rolling upgrade has both at once, a roll-back
needs no database to be restored. What is to go is named in `abandoned` by the release that uses it no more, and goes in the next.
"""

import argparse
import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg

from hejnal_local import database_roles
from hejnal_local.database_roles import SCHEMAS, ServiceSchema
from hejnal_local.workspace import Workspace
from hejnal_runtime import migrations

FILE = Path("deploy/releases/last.json")

_COLUMNS = """
select c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
    a.atthasdef or a.attidentity <> '' as has_default
from pg_attribute a join pg_class c on c.oid = a.attrelid
where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0
    and not a.attisdropped and c.relname <> 'alembic_version' order by 1, 2
"""

Shape = dict[str, dict[str, dict[str, Any]]]
"""Columns by table: type, whether a value is required, whether there is a default."""


async def shape_of(connection: asyncpg.Connection, schema: str) -> Shape:
    """The tables of a schema as they are."""
    shape: Shape = {}
    for row in await connection.fetch(_COLUMNS, schema):
        column = {"type": row["type"], "required": row["required"], "has_default": row["has_default"]}
        shape.setdefault(row["table"], {})[row["column"]] = column
    return shape


def breaks(before: Shape, now: Shape, abandoned: set[str]) -> list[str]:
    """What programs that know `before` would stumble over in `now`, one line each. `abandoned`: `table` or `table.column`."""
    found = []
    for table, columns in before.items():
        if table in abandoned:
            continue
        if table not in now:
            found.append(f"{table} is gone or has another name")
            continue
        for name, column in columns.items():
            there = now[table].get(name)
            if f"{table}.{name}" in abandoned:
                continue
            if there is None:
                found.append(f"{table}.{name} is gone or has another name")
            elif there["type"] != column["type"]:
                found.append(f"{table}.{name} was {column['type']} and is {there['type']}")
            elif there["required"] and not column["required"]:
                found.append(f"{table}.{name} must have a value now, which the last release does not always give")
            elif column["has_default"] and not there["has_default"]:
                found.append(f"{table}.{name} has lost its default")
        for name, there in now[table].items():
            if name not in columns and there["required"] and not there["has_default"]:
                found.append(f"{table}.{name} is new and required: the last release cannot insert any more. Give it a default")
    return found


def read(root: Path) -> dict[str, Any]:
    """The last release."""
    known: dict[str, Any] = json.loads((root / FILE).read_text(encoding="utf-8"))
    return known


def text_of(described: dict[str, Any]) -> str:
    """The file's text, a line for each table: a change is read in a diff."""
    schemas = []
    for schema, facts in sorted(described["schemas"].items()):
        tables = ",\n".join(
            f'    "{name}": {json.dumps(columns, sort_keys=True)}' for name, columns in sorted(facts["tables"].items())
        )
        head = f'"revision": {json.dumps(facts["revision"])}, "abandoned": {json.dumps(facts["abandoned"])}'
        schemas.append(f'  "{schema}": {{{head}, "tables": {{\n{tables}}}}}')
    version, commit = json.dumps(described["version"]), json.dumps(described["commit"])
    return f'{{"version": {version}, "commit": {commit}, "schemas": {{\n' + ",\n".join(schemas) + "}}\n"


async def describe(admin_url: str, version: str, commit: str) -> dict[str, Any]:
    """The present code's schemas, built in a database of their own, as a release."""
    schemas: dict[str, Any] = {}
    for one in SCHEMAS:
        schemas[one.schema] = await _describe_one(admin_url, one)
    return {"version": version, "commit": commit, "schemas": schemas}


async def _describe_one(admin_url: str, one: ServiceSchema) -> dict[str, Any]:
    database, password = f"hejnal_release_{one.schema}", "of-this-moment-only"
    await database_roles.drop_database(admin_url, database)
    await database_roles.create_database(admin_url, database)
    try:
        await database_roles.provision(admin_url, database, {one.role: password}, [one])
        url = database_roles.url_of(admin_url, database=database, role=one.role, password=password, driver="+asyncpg")
        await asyncio.to_thread(migrations.upgrade, url, one.package, one.schema)
        connection = await asyncpg.connect(database_roles.url_of(admin_url, database=database), timeout=20)
        try:
            (revision,) = migrations.heads(one.package)
            return {"revision": revision, "abandoned": [], "tables": await shape_of(connection, one.schema)}
        finally:
            await connection.close()
    finally:
        await database_roles.drop_database(admin_url, database)


def main() -> int:
    """`python -m hejnal_local.releases VERSION --postgres URL`: write the file, when a release has been tagged."""
    parser = argparse.ArgumentParser(description="Describe this commit as the last release.")
    parser.add_argument("version")
    parser.add_argument("--postgres", required=True, help="libpq URL of a superuser of a server that is not the town's")
    chosen = parser.parse_args()
    root = Workspace.of_this_clone().root
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    commit = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout.strip()
    described = asyncio.run(describe(chosen.postgres, chosen.version, commit))
    target = root / FILE
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text_of(described), encoding="utf-8")
    print(f"{FILE}: {chosen.version} at {commit[:12]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
