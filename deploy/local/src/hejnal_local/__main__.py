"""Commands behind the Makefile: run, stop, status, restart, dead-letters, clean-run, totp, env-example."""

import argparse
import json
import sys
import time
from pathlib import Path

from hejnal_local import settings as s
from hejnal_local.workspace import Workspace


def main(arguments: list[str] | None = None) -> int:
    """Run one command; exit code 0 when it went well."""
    parser = argparse.ArgumentParser(prog="python -m hejnal_local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start the town and stay until Ctrl-C")
    run.add_argument("--cameras", help="how many simulated cameras; otherwise HEJNAL_CAMERAS")
    run.add_argument("--standby", help="1: with a second recorder; otherwise HEJNAL_STANDBY")
    run.add_argument("--s3", help="1: with an S3 store; otherwise HEJNAL_S3")
    run.add_argument("--kafka-security", help="1: Kafka with TLS, users and rights; otherwise HEJNAL_KAFKA_SECURITY")
    run.add_argument("--monitoring", help="1: with Prometheus and Alertmanager; otherwise HEJNAL_MONITORING")
    commands.add_parser("stop", help="end every process of the town")
    commands.add_parser("status", help="every program and whether it is ready; exit code 1 when one is not")
    restart = commands.add_parser("restart", help="end one program in order and start it anew")
    restart.add_argument("program")
    commands.add_parser("dead-letters", help="messages that could not be handled, and why")
    commands.add_parser("clean-run", help="end the town and forget its state")
    totp = commands.add_parser("totp", help="a staff member's password and the one-time code of this minute")
    totp.add_argument("login")
    backup = commands.add_parser("backup", help="back the running town up")
    restore = commands.add_parser("restore", help="bring a backup of the town back; it must not run")
    restore.add_argument("backup", nargs="?", default="latest", help="a backup's id; without it the newest")
    for command in (backup, restore):
        command.add_argument("--target", default="", help="where backups lie; without it beside the town's state")
    example = commands.add_parser("env-example", help="write .env.example")
    example.add_argument("--out", type=Path, default=Workspace.of_this_clone().root / ".env.example")
    chosen = parser.parse_args(arguments)
    try:
        return _run(chosen)
    except (RuntimeError, s.SettingsError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def _run(chosen: argparse.Namespace) -> int:
    workspace = Workspace.of_this_clone()
    if chosen.command == "env-example":
        chosen.out.write_text(s.example(), encoding="utf-8")
        return 0
    if chosen.command == "totp":
        return _totp(workspace, chosen.login)
    if chosen.command in {"stop", "clean-run"}:
        settings = s.LocalSettings.checked({})  # a slip in `.env` must not keep a town from being ended
    elif chosen.command in {"status", "restart", "dead-letters"}:
        from hejnal_local.started import settings_of_running

        settings = settings_of_running(workspace.root, workspace.run)
    else:
        settings = s.LocalSettings.load(workspace.root)
    if chosen.command == "run":
        given = ((s.CAMERAS, chosen.cameras), (s.STANDBY, chosen.standby), (s.S3, chosen.s3))
        for variable, value in (*given, (s.KAFKA_SECURITY, chosen.kafka_security), (s.MONITORING, chosen.monitoring)):
            settings = settings.with_value(variable, value) if value else settings

    from hejnal_local import launch
    from hejnal_local.programs import Town, forget

    say = launch.say_with_time(time.monotonic())
    if chosen.command == "run":
        return launch.Launcher(Town(workspace, settings), say).run()
    if chosen.command in {"status", "restart", "dead-letters"}:
        from hejnal_local import control

        town = Town(workspace, settings)
        if chosen.command == "restart":
            return control.restart(town, chosen.program, print)
        return (control.status if chosen.command == "status" else control.dead_letters)(town, print)
    if chosen.command in ("backup", "restore"):
        from hejnal_local.backups import LocalBackups

        backups = LocalBackups(Town(workspace, settings), say, chosen.target)
        if chosen.command == "backup":
            print(backups.make())
        else:
            backups.restore(chosen.backup)
        return 0
    if not workspace.run.exists():
        say("nothing was running")
        return 0
    launch.stop(Town(workspace, settings), say)
    if chosen.command == "clean-run":
        forget(workspace, settings)
        say("the town's state is forgotten")
    return 0


def _totp(workspace: Workspace, login: str) -> int:
    import pyotp

    file = workspace.run / "credentials.json"
    staff = json.loads(file.read_text(encoding="utf-8"))["staff"] if file.exists() else []
    person = next((one for one in staff if one["login"] == login), None)
    if person is None:
        known = ", ".join(one["login"] for one in staff) or "none yet: start the town with `make run`"
        print(f"no account {login!r}; known: {known}", file=sys.stderr)
        return 1
    code = pyotp.TOTP(person["totp_secret"])
    left_s = code.interval - int(time.time()) % code.interval
    print(f"password {person['password']}   code {code.now()} (good for {left_s} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
