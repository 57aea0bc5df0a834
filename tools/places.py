"""Folders for the data of servers, and the user that the servers run as."""

# ruff: noqa: S108, S603, S607

import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class ServicesError(Exception):
    """A server is installed but cannot be used. The message says why."""


@dataclass(frozen=True)
class Place:
    """The folder of the servers' data, and the user that the servers run as, as arguments for subprocess."""

    folder: Path
    kept: bool
    lock: int
    user: dict[str, Any]

    def give(self, path: Path) -> None:
        if self.user:
            os.chown(path, self.user["user"], self.user["group"])


@contextmanager
def place_for(keep: Path | None) -> Iterator[Place]:
    """A folder for the servers' data, locked. Without `keep`, it is temporary."""
    user = user_for_servers()
    folder = kept_folder(keep.resolve(), user) if keep else temporary_folder(user)
    try:
        with (folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ServicesError(f"Servers already run in {folder}. Stop them first.") from None
            place = Place(folder, keep is not None, lock.fileno(), user)
            place.give(folder)
            yield place
    finally:
        if not keep:
            shutil.rmtree(folder)


def user_for_servers() -> dict[str, Any]:
    """PostgreSQL refuses to run as root. When root starts the servers, they run as another user."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise ServicesError("PostgreSQL refuses to run as root, and there is no user postgres or nobody.")


def temporary_folder(user: dict[str, Any]) -> Path:
    for folder in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):
        if can_enter(folder, user):
            return Path(tempfile.mkdtemp(prefix="services-", dir=folder))
    raise ServicesError("The servers' user cannot enter any folder for temporary files.")


def kept_folder(folder: Path, user: dict[str, Any]) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not can_enter(folder.parent, user):
        raise ServicesError(f"The servers do not run as root and cannot enter {folder.parent}. Use another folder.")
    folder.mkdir(mode=0o700, exist_ok=True)
    # The folder may get another owner, which would be wrong for a folder with other files in it.
    if any(folder.iterdir()) and not (folder / "lock").exists():
        raise ServicesError(f"{folder} contains other files. Use an empty folder.")
    return folder


def can_enter(folder: Path, user: dict[str, Any]) -> bool:
    return subprocess.run(["test", "-x", folder], check=False, **user).returncode == 0
