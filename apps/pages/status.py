"""The services on the status page."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.text import get_text_list

from apps.health.checks import CheckResult, run_checks
from apps.pages import mailbox


@dataclass(frozen=True)
class Service:
    name: str
    status: str  # up, down or off
    detail: str = ""
    advice: str = ""


def database(checks: dict[str, CheckResult]) -> Service:
    result = checks["database"]
    is_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    advice = "Set DATABASE_URL to use PostgreSQL, as in production." if is_sqlite else ""
    return Service("Database", result.status, result.detail, advice)


def redis(checks: dict[str, CheckResult]) -> Service:
    result = checks["redis"]
    if result.status == "off":
        detail = "The cache is in the memory of this process."
        return Service("Redis", "off", detail, "Set REDIS_URL to share it between processes.")
    return Service("Redis", result.status, result.detail)


# Celery
def celery(checks: dict[str, CheckResult]) -> Service:
    return Service("Celery", checks["celery"].status, checks["celery"].detail)


def mail(checks: dict[str, CheckResult]) -> Service:
    delivery: dict = settings.MAILERS["delivery"]
    if host := delivery.get("OPTIONS", {}).get("host"):
        return Service("Mail", "up", f"Sent by {host}.")
    detail = "Shown in the mailbox." if mailbox.is_in_use() else "Not sent."
    return Service("Mail", "off", detail, "Set EMAIL_HOST to send e-mails.")


def media(checks: dict[str, CheckResult]) -> Service:
    backend = settings.STORAGES["default"]["BACKEND"]
    if not backend.endswith("FileSystemStorage"):
        return Service("Media", "up", f"Stored by {backend.rpartition('.')[2].removesuffix('Storage')}.")
    advice = "" if settings.DEBUG else "Set MEDIA_ROOT to a folder on a persistent disk, or uploads may be lost."
    return Service("Media", "up", f"Stored in the folder {Path(settings.MEDIA_ROOT).name}/.", advice)


# Channels
def websockets(checks: dict[str, CheckResult]) -> Service:
    status = checks["redis"].status
    if status == "off":
        return Service("WebSockets", "up", "Within this process.", "Set REDIS_URL to reach clients of all processes.")
    if status == "down":
        return Service("WebSockets", "off", "Closed until Redis is available.")
    return Service("WebSockets", "up", "Connected to Redis.")


# Sentry
def sentry(checks: dict[str, CheckResult]) -> Service:
    if settings.SENTRY_DSN:
        return Service("Sentry", "up", "Errors are reported.")
    return Service("Sentry", "off", "Errors are only logged.", "Set SENTRY_DSN to report errors.")


SERVICES: list[Callable[[dict[str, CheckResult]], Service]] = [
    database,
    redis,
    mail,
    media,
    # Celery
    celery,
    # Channels
    websockets,
    # Sentry
    sentry,
    # Yours
]

# Templates of further sections on the page. An app adds its own in AppConfig.ready.
SECTIONS: list[str] = []


def list_services() -> list[Service]:
    checks = run_checks()
    return [service(checks) for service in SERVICES]


def summarize(services: list[Service]) -> str:
    down = [service.name for service in services if service.status == "down"]
    if down:
        return f"{get_text_list(down, 'and')} {'is' if len(down) == 1 else 'are'} down"
    off = [service.name for service in services if service.status == "off"]
    return f"Operational; not set up: {get_text_list(off, 'and')}" if off else "All systems operational"
