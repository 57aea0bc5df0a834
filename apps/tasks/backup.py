"""A copy of the database, by PostgreSQL's own pg_dump: `pg_restore --clean --dbname=... FILE` brings it back."""

import logging
import shutil
import subprocess
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone

from config.logs import redact

logger = logging.getLogger(__name__)

KEPT = 8


class BackupError(Exception):
    """There is no copy; the message says why."""


def dump_database() -> str | None:
    """The name of the copy, or None where none is wanted."""
    if "backups" not in settings.STORAGES:
        logger.info("There is no backup: BACKUP_DIR is not set")
        return None
    if connection.vendor != "postgresql":
        raise BackupError("There is no backup: this is no PostgreSQL, and its file can be copied.")
    if not (program := shutil.which("pg_dump")):
        raise BackupError("There is no backup: pg_dump is not on this machine.")
    # Stored when it is whole: half a copy is worse than none.
    with tempfile.TemporaryFile() as copy:
        done = subprocess.run(  # noqa: S603 (a program of this machine, by its path)
            [program, "--format=custom", "--no-owner"], env=address(), stdout=copy, stderr=subprocess.PIPE, check=False
        )
        if done.returncode != 0:
            raise BackupError(f"There is no backup. pg_dump says: {redact(done.stderr.decode()).strip()}")
        copy.seek(0)
        name = storages["backups"].save(f"{timezone.now():%Y-%m-%d-%H%M%S}.dump", File(copy))
    forget_old_ones()
    logger.info("The database was copied to %s", name)
    return name


def address() -> dict[str, str]:
    """For pg_dump, which would show a password on its command line to everybody."""
    given = connection.settings_dict
    options = given["OPTIONS"]
    variables = {
        "PGHOST": given["HOST"],
        "PGPORT": str(given["PORT"]),
        "PGUSER": given["USER"],
        "PGPASSWORD": given["PASSWORD"],
        "PGDATABASE": given["NAME"],
        "PGSSLMODE": options.get("sslmode", ""),
        "PGCONNECT_TIMEOUT": str(options.get("connect_timeout", "")),
    }
    return {name: value for name, value in variables.items() if value}


def forget_old_ones() -> None:
    store = storages["backups"]
    copies = sorted(name for name in store.listdir("")[1] if Path(name).suffix == ".dump")
    for name in copies[:-KEPT]:
        store.delete(name)
