"""A small file system of a test's own, that can be filled to the last byte without harm."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class SmallDiskError(RuntimeError):
    """It could not be mounted; the text says what is needed."""


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[Path]:
    """An empty file system in memory (tmpfs) at `folder`, which is made; unmounted afterwards.

    Needs root, or sudo without a password. Raises SmallDiskError: a test must never fill the machine's own disk instead.
    """
    folder.mkdir(parents=True)
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    options = f"size={size_bytes},mode=755,uid={os.geteuid()},gid={os.getegid()}"
    command = [*as_root, "mount", "-t", "tmpfs", "-o", options, "hejnal-small-disk", str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        raise SmallDiskError(f"tests of full disks mount one of their own, as root or by sudo: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run([*as_root, "umount", "--lazy", str(folder)], check=True, capture_output=True, timeout=30)
