"""Kafka's users, for the administrator: `python -m hejnal_runtime.bus.users --help`.

Rights of the services come from `hejnal_contracts.access`; outside systems are given theirs here by name. Where Strimzi keeps
the users (Helm chart), its KafkaUser resources do this instead.
"""

import argparse
import asyncio
import os
import secrets
import sys
from pathlib import Path

from hejnal_contracts.access import ACCESS, BY_PRINCIPAL, Access, outside_consumer, outside_producer
from hejnal_contracts.topics import TOPICS
from hejnal_runtime.bus.administration import AdministrationError, grant, remove_users, set_passwords
from hejnal_runtime.bus.connection import KafkaConnection


def main(arguments: list[str] | None = None) -> int:
    """Run one command; exit code 0 when Kafka has done it, 1 with the reason when not."""
    chosen = _parser().parse_args(arguments)
    try:
        sys.stdout.write(asyncio.run(_run(chosen)) + "\n")
    except (AdministrationError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hejnal_runtime.bus.users", description=__doc__)
    parser.add_argument("--bootstrap", required=True, help="host:port of a listener where the administrator may do everything")
    parser.add_argument("--ca-file", type=Path, help="authorities that sign the brokers' certificates; default the system's")
    parser.add_argument("--user", help="the administrator by password (SCRAM-SHA-512); needs --password-file")
    parser.add_argument("--password-file", type=Path)
    parser.add_argument("--client-certificate-file", type=Path, help="the administrator by certificate")
    parser.add_argument("--client-key-file", type=Path)
    parser.add_argument("--prefix", default="", help="TOPIC_PREFIX of the services")
    commands = parser.add_subparsers(dest="command", required=True)
    every = commands.add_parser("grant", help="give every declared user exactly its rights, and those without one a password")
    every.add_argument("--folder", type=Path, required=True, help="where <user>.password files lie or are made")
    password = commands.add_parser("password", help="give a user a new random password")
    password.add_argument("name")
    password.add_argument("--file", type=Path, required=True, help="where it is written, readable by its owner only")
    written = sorted(topic.name for topic in TOPICS)
    read = sorted({*written, *(topic.dlq for topic in TOPICS)})
    for name, text, topics in (
        ("reader", "an outside system that reads topics, or a person who reads the dead letters of one (<topic>.dlq)", read),
        ("writer", "an outside system that writes topics", written),
    ):
        outside = commands.add_parser(name, help=text)
        outside.add_argument("name")
        outside.add_argument("topics", nargs="+", choices=topics, metavar="topic")
        outside.add_argument("--file", type=Path, required=True, help="where its password is written")
    remove = commands.add_parser("remove", help="take an outside system's user and rights away")
    remove.add_argument("name")
    return parser


async def _run(chosen: argparse.Namespace) -> str:
    administrator = _administrator(chosen)
    if chosen.command == "grant":
        return await _grant_all(administrator, chosen.folder, chosen.prefix)
    name: str = chosen.name
    if chosen.command == "password":
        await _new_password(administrator, name, chosen.file)
        return f"{name} has a new password, in {chosen.file}; connections that are open stay, new ones need it"
    if name in BY_PRINCIPAL and name not in ("dispatch", "alert-source"):
        raise ValueError(f"{name} is a user of the platform itself; choose another name for an outside system")
    if chosen.command == "remove":
        await remove_users(administrator, [name])
        await grant(administrator, [Access(name, "")], chosen.prefix)
        return f"{name} is gone; what it has open ends when it connects anew"
    access = (outside_consumer if chosen.command == "reader" else outside_producer)(name, *chosen.topics)
    await _new_password(administrator, name, chosen.file)
    await grant(administrator, [access], chosen.prefix)
    groups = f" in groups whose names begin with {chosen.prefix}{name}" if chosen.command == "reader" else ""
    return f"{name}: {access.summary.removesuffix('.').lower()}{groups}; its password is in {chosen.file}"


async def _grant_all(administrator: KafkaConnection, folder: Path, prefix: str) -> str:
    for access in ACCESS:
        file = folder / f"{access.principal}.password"
        word = await asyncio.to_thread(_read, file)
        if word is None:
            await _new_password(administrator, access.principal, file)
        else:
            await set_passwords(administrator, {access.principal: word})
    changes = await grant(administrator, ACCESS, prefix)
    return f"{len(ACCESS)} users, {changes.given} rights given, {changes.taken} taken away; passwords are in {folder}"


async def _new_password(administrator: KafkaConnection, name: str, file: Path) -> None:
    """The file is changed only when Kafka has taken the password, and whole."""
    word = secrets.token_urlsafe(32)
    part = await asyncio.to_thread(_write_part, file, word)
    await set_passwords(administrator, {name: word})
    part.replace(file)


def _administrator(chosen: argparse.Namespace) -> KafkaConnection:
    if (chosen.user is None) != (chosen.password_file is None):
        raise ValueError("--user and --password-file belong together")
    return KafkaConnection(
        chosen.bootstrap,
        security_protocol="SASL_SSL" if chosen.user else "SSL",
        user=chosen.user,
        password_file=chosen.password_file,
        ca_file=chosen.ca_file,
        client_certificate_file=chosen.client_certificate_file,
        client_key_file=chosen.client_key_file,
    )


def _read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8").strip() if file.exists() else None


def _write_part(file: Path, word: str) -> Path:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(word + "\n")
    return part


if __name__ == "__main__":
    sys.exit(main())
