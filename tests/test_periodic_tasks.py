"""The tasks of the schedule: clean-up, daily report, backup."""

import errno
import logging
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import django
import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.core.files.storage import FileSystemStorage
from django.core.signals import got_request_exception
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from apps.accounts.models import SignIn, User
from apps.accounts.tasks import clear_sessions, flush_tokens
from apps.tasks import queue, report, signals
from apps.tasks.backup import KEPT, BackupError, dump_database
from apps.tasks.models import FailedTask
from apps.tasks.report import figures
from apps.tasks.tasks import daily_report, delete_old_failed_tasks, sync
from config.celery import app


@pytest.fixture
def queued(settings: Any) -> Iterator[None]:
    """Tasks go to the queue, as in production."""
    settings.CELERY_TASK_ALWAYS_EAGER = app.conf.task_always_eager = False
    yield
    app.conf.task_always_eager = True


OLD = timezone.now() - timedelta(days=90)


@pytest.mark.django_db
def test_sessions_that_expired_are_cleared(client: Client) -> None:
    Session.objects.create(session_key="old", expire_date=OLD)
    Session.objects.create(session_key="new", expire_date=timezone.now() + timedelta(days=1))
    clear_sessions()

    assert [session.pk for session in Session.objects.all()] == ["new"]


def test_what_expired_of_accounts_is_flushed(signed_in: Any, user: User) -> None:
    old = SignIn.objects.create(user=user, used_at=OLD)
    OutstandingToken.objects.create(user=user, jti="old", token="old", expires_at=OLD)
    AccessAttempt.objects.create(username="ada@example.com", attempt_time=OLD, failures_since_start=3)
    AccessAttempt.objects.filter(username="ada@example.com").update(attempt_time=OLD)
    AccessAttempt.objects.create(username="fresh@example.com", failures_since_start=3)
    flush_tokens()

    assert not SignIn.objects.filter(pk=old.pk).exists()
    assert SignIn.objects.count() == OutstandingToken.objects.count() == 1
    assert [attempt.username for attempt in AccessAttempt.objects.all()] == ["fresh@example.com"]


# Channels
def test_tickets_that_expired_are_flushed_too(user: User) -> None:
    from apps.live.models import Ticket

    Ticket.objects.create(digest="old", user=user, expires_at=OLD)
    Ticket.objects.create(digest="new", user=user)
    flush_tokens()

    assert [ticket.digest for ticket in Ticket.objects.all()] == ["new"]


@pytest.mark.django_db
def test_old_failed_tasks_are_deleted() -> None:
    FailedTask.objects.create(task="old", task_id="1", failed_at=OLD)
    FailedTask.objects.create(task="new", task_id="2")
    delete_old_failed_tasks()

    assert [failed.task for failed in FailedTask.objects.all()] == ["new"]


@pytest.mark.redis
@pytest.mark.django_db
@pytest.mark.usefixtures("queued")
def test_failed_logins_and_errors_are_counted_where_they_happen(client: Client) -> None:
    for _ in range(2):
        client.post("/account/login/", {"login": "nobody@example.com", "password": "wrong"})
    got_request_exception.send(sender=None)

    found = figures(timezone.localdate())
    assert (found["Failed logins"], found["Requests with a server error"]) == (2, 1)


@pytest.mark.usefixtures("queued")
def test_an_error_that_cannot_be_counted_is_no_other_error(settings: Any, caplog: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    got_request_exception.send(sender=None)

    assert "errors not counted" in caplog.text


@pytest.mark.redis
@pytest.mark.parametrize("hour", [0, 12, 23])
def test_the_report_has_the_counts_of_yesterday_in_the_time_zone_of_the_site(
    user: User, settings: Any, mailoutbox: list[Any], hour: int
) -> None:
    settings.ADMINS = ["grace@example.com"] if django.VERSION >= (6, 0) else [("Grace", "grace@example.com")]
    with time_machine.travel(datetime(2030, 1, 1, hour, 30, tzinfo=UTC), tick=False), timezone.override("Asia/Kolkata"):
        yesterday: date = timezone.localdate() - timedelta(days=1)
        User.objects.update(joined_at=timezone.now() - timedelta(days=1))
        FailedTask.objects.create(task="this", failed_at=timezone.now() - timedelta(days=1))
        with queue.client() as redis:
            redis.hset(report.counters_key(yesterday), mapping={report.FAILED_LOGINS: 4, report.TASKS: 42})
        daily_report()

    assert mailoutbox[0].to == ["grace@example.com"]
    assert mailoutbox[0].body.splitlines()[:5] == [
        "New accounts: 1",
        "Failed logins: 4",
        "Requests with a server error: 0",
        "Tasks: 42",
        "Failed tasks: 1",
    ]


@pytest.mark.django_db
def test_without_admins_there_is_no_report(mailoutbox: list[Any]) -> None:
    daily_report()

    assert mailoutbox == []


@pytest.mark.django_db
def test_the_sync_goes_on_after_one_that_fails(caplog: Any) -> None:
    done = []

    def fail(**signal: Any) -> None:
        raise ValueError("away")

    def work(**signal: Any) -> None:
        done.append(1)

    for receiver in (fail, work):
        signals.sync.connect(receiver)
    try:
        sync()
    finally:
        for receiver in (fail, work):
            signals.sync.disconnect(receiver)

    assert done == [1]
    assert "fail of sync failed" in caplog.text


@pytest.mark.postgres
@pytest.mark.django_db
def test_clocks_that_are_apart_are_told(monkeypatch: Any, caplog: Any) -> None:
    sync()
    agree = caplog.text
    monkeypatch.setattr(signals, "TOLERANCE", -1)
    sync()

    assert agree == ""
    assert "The clocks of this machine and of the database differ" in caplog.text


@pytest.fixture
def backups(settings: Any, tmp_path: Path) -> Path:
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    options = {"location": tmp_path, "file_permissions_mode": 0o600}
    settings.STORAGES = {**settings.STORAGES, "backups": {**storage, "OPTIONS": options}}
    return tmp_path


@pytest.mark.django_db
def test_a_backup_that_is_not_configured_says_so(caplog: Any) -> None:
    with caplog.at_level(logging.INFO):
        assert dump_database() is None

    assert "BACKUP_DIR is not set" in caplog.text


@pytest.fixture
def programs(tmp_path_factory: pytest.TempPathFactory, monkeypatch: Any) -> Any:
    """Replaces pg_dump and pg_restore by shell scripts."""

    def replace(pg_dump: str, pg_restore: str = "exit 0") -> None:
        folder = tmp_path_factory.mktemp("bin")
        for name, script in {"pg_dump": pg_dump, "pg_restore": pg_restore}.items():
            (folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=":")

    return replace


@pytest.mark.postgres
@pytest.mark.django_db
@pytest.mark.parametrize(
    "scripts",
    [
        ('echo half; echo "connecting to postgres://me:hush-hush@host/db failed" >&2; exit 1', "exit 0"),
        ("echo half", 'echo "not a dump of postgres://me:hush-hush@host/db" >&2; exit 1'),
    ],
)
def test_a_backup_that_fails_leaves_no_file_and_no_password(backups: Path, programs: Any, scripts: Any) -> None:
    programs(*scripts)

    with pytest.raises(BackupError) as error:
        dump_database()

    assert "hush-hush" not in str(error.value)
    assert list(backups.iterdir()) == []


class FullDisk(FileSystemStorage):
    def _save(self, name: str, content: Any) -> str:
        Path(self.path(name)).write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_full_disk_leaves_the_old_backups_and_no_part_of_a_new_one(
    backups: Path, programs: Any, settings: Any
) -> None:
    storage = {"BACKEND": "tests.test_periodic_tasks.FullDisk", "OPTIONS": {"location": backups}}
    settings.STORAGES = {**settings.STORAGES, "backups": storage}
    old = [backups / f"2026-01-0{week + 1}-040000.dump" for week in range(KEPT)]
    for path in old:
        path.touch()
    programs("echo dump")

    with pytest.raises(OSError, match="No space left"):
        dump_database()

    assert sorted(backups.iterdir()) == old


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_backup_is_kept_for_eight_weeks_and_for_nobody_else_to_read(backups: Path, programs: Any) -> None:
    for week in range(KEPT):
        (backups / f"2026-01-0{week + 1}-040000.dump").touch()
    (backups / "2026-01-01-050000.dump.partial").touch()
    programs('echo "$PGDATABASE of $PGUSER: $PGPASSWORD"')
    name = dump_database()

    assert name is not None
    copy = backups / name
    assert copy.read_text().startswith("test_")
    assert copy.stat().st_mode & 0o777 == 0o600
    assert len(list(backups.iterdir())) == KEPT
    assert not (backups / "2026-01-01-040000.dump").exists()


@pytest.fixture
def pg_dump(transactional_db: None, monkeypatch: Any) -> None:
    """One that is not older than the server, or it would refuse. A server of this machine has its own beside it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting FROM pg_config() WHERE name = 'BINDIR'")
        folder = cursor.fetchone()[0]
    version = connection.pg_version // 10000  # type: ignore[attr-defined]
    for path in (f"{folder}{os.pathsep}{os.environ['PATH']}", os.environ["PATH"]):
        if version_of(shutil.which("pg_dump", path=path)) >= version:
            monkeypatch.setenv("PATH", path)
            return
    pytest.skip(f"without a pg_dump of PostgreSQL {version}")


def version_of(program: str | None) -> int:
    if not program:
        return 0
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return int(told.split()[2].partition(".")[0])


@pytest.mark.postgres
@pytest.mark.usefixtures("pg_dump")
def test_a_backup_holds_the_data(backups: Path, user: User) -> None:
    name = dump_database()

    assert name is not None
    listed = subprocess.run(["pg_restore", "--file=-", backups / name], capture_output=True, text=True, check=True)
    assert "ada@example.com" in listed.stdout
