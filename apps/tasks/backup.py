"""Backup of the database by PostgreSQL's pg_dump. To restore one: `pg_restore --clean --dbname=... FILE`."""

import logging
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone

from config.logs import redact

logger = logging.getLogger(__name__)

KEPT = 8


class BackupError(Exception):
    """No backup was made; the message says why."""


def dump_database() -> str | None:
    """Returns the name of the file, or None without BACKUP_DIR."""
    if "backups" not in settings.STORAGES:
        logger.info("No backup was made: BACKUP_DIR is not set")
        return None
    if connection.vendor != "postgresql":
        raise BackupError("No backup was made: the database is not PostgreSQL. Copy its file instead.")
    if not (program := shutil.which("pg_dump")):
        raise BackupError("No backup was made: pg_dump is not installed.")
    # Stored only when it is complete.
    with tempfile.TemporaryFile() as dump:
        done = subprocess.run(  # noqa: S603 (a program of this machine, by its path)
            [program, "--format=custom", "--no-owner"],
            env=connection_variables(),
            stdout=dump,
            stderr=subprocess.PIPE,
            check=False,
        )
        if done.returncode != 0:
            raise BackupError(f"No backup was made. pg_dump failed: {redact(done.stderr.decode()).strip()}")
        check_dump(dump, Path(program).with_name("pg_restore"))
        name = store(f"{timezone.now():%Y-%m-%d-%H%M%S}.dump", dump)
    delete_old_backups()
    logger.info("The database was backed up to %s", name)
    return name


def check_dump(dump: IO[bytes], program: Path) -> None:
    """A backup is only useful if pg_restore can read it."""
    dump.seek(0)
    listed = subprocess.run([program, "--list"], stdin=dump, capture_output=True, check=False)  # noqa: S603
    if listed.returncode != 0:
        raise BackupError(f"No backup was made. pg_restore cannot read it: {redact(listed.stderr.decode()).strip()}")
    dump.seek(0)


def store(name: str, dump: IO[bytes]) -> str:
    """Store a dump under its name when it is complete. A full disk, for example, leaves no part of it."""
    storage = storages["backups"]
    try:
        path = storage.path(name)
    except NotImplementedError:
        # Storage services do this by themselves.
        return storage.save(name, File(dump))
    partial = f"{name}.partial"
    try:
        os.replace(storage.path(storage.save(partial, File(dump))), path)
    finally:
        storage.delete(partial)
    return name


def connection_variables() -> dict[str, str]:
    """For pg_dump: a password on its command line would be visible to all users of the machine."""
    given = connection.settings_dict
    options = given["OPTIONS"]
    variables = {
        "PGHOST": given["HOST"],
        "PGPORT": str(given["PORT"]),
        "PGUSER": given["USER"],
        "PGPASSWORD": given["PASSWORD"],
        "PGPASSFILE": options.get("passfile", ""),
        "PGDATABASE": given["NAME"],
        "PGSSLMODE": options.get("sslmode", ""),
        "PGCONNECT_TIMEOUT": str(options.get("connect_timeout", "")),
    }
    return {name: value for name, value in variables.items() if value}


def delete_old_backups() -> None:
    storage = storages["backups"]
    names = storage.listdir("")[1]
    backups = sorted(name for name in names if Path(name).suffix == ".dump")
    # Of processes that were killed.
    for name in names:
        if name.endswith(".dump.partial"):
            storage.delete(name)
    for name in backups[:-KEPT]:
        storage.delete(name)
