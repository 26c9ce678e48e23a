"""What the commands say to whoever runs them: names of commands that are there, in a clone, with Docker and in a cluster."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hejnal_backup.errors import BackupError
from hejnal_backup.sealing import read_recipients


def said(*arguments: str, target: Path) -> subprocess.CompletedProcess[str]:
    environment = {one: value for one, value in os.environ.items() if not one.startswith("HEJNAL_")}
    environment["HEJNAL_BACKUP_TARGET"] = str(target)
    command = [sys.executable, "-m", "hejnal_backup", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_where_there_is_no_backup_yet_it_is_said_how_one_is_made(tmp_path: Path) -> None:
    done = said("list", target=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "`make backup`" in done.stderr
    assert "`docker compose run --rm backup`" in done.stderr


def test_a_missing_list_of_recipients_is_said_with_the_command_that_makes_a_key() -> None:
    with pytest.raises(BackupError, match=r"`python -m hejnal_backup key FILE` makes a key pair"):
        read_recipients(None)


@pytest.mark.parametrize("arguments", [["--help"], ["make", "--help"], ["list"], ["verify"], ["make"]])
def test_no_message_names_a_command_that_is_not_there(tmp_path: Path, arguments: list[str]) -> None:
    done = said(*arguments, target=tmp_path)
    assert "hejnal-backup" not in done.stdout + done.stderr
    assert done.stdout + done.stderr
