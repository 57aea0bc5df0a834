"""What the launch board shows: the parts of the site, how each is, and what to do next."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.text import get_text_list

from apps.health.checks import CHECKS


@dataclass(frozen=True)
class Part:
    name: str
    status: str  # up, down or off
    detail: str
    advice: str = ""


def database() -> Part:
    finding = CHECKS["database"]()
    on_disk = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    advice = "Set DATABASE_URL to use PostgreSQL, as in production." if on_disk else ""
    return Part("Database", finding.status, finding.detail, advice)


def cache() -> Part:
    finding = CHECKS["redis"]()
    if finding.status == "off":
        return Part("Cache", "up", "In this process's memory.", "Set REDIS_URL to share it between processes.")
    return Part("Cache", finding.status, finding.detail)


# Celery
def tasks() -> Part:
    finding = CHECKS["celery"]()
    return Part("Tasks", finding.status, finding.detail)


def mail() -> Part:
    delivery: dict = settings.MAILERS["delivery"]
    if host := delivery.get("OPTIONS", {}).get("host"):
        return Part("Mail", "up", f"Goes out through {host}.")
    printed = delivery["BACKEND"].endswith("console.EmailBackend")
    return Part("Mail", "off", "Printed in the terminal." if printed else "Not sent.", "Set EMAIL_HOST to send it.")


def media() -> Part:
    backend = settings.STORAGES["default"]["BACKEND"]
    if not backend.endswith("FileSystemStorage"):
        return Part("Media", "up", f"Kept by {backend.rpartition('.')[2].removesuffix('Storage')}.")
    advice = (
        "" if settings.DEBUG else "Uploads are lost with this machine's disk, unless MEDIA_ROOT is on one that stays."
    )
    return Part("Media", "up", f"Kept in the folder {Path(settings.MEDIA_ROOT).name}/.", advice)


# Channels
def websockets() -> Part:
    finding = CHECKS["redis"]()
    if finding.status == "off":
        return Part("WebSockets", "up", "News reach the pages of this one process.", "Set REDIS_URL to reach all.")
    if finding.status == "down":
        # One thing is down, and that is Redis.
        return Part("WebSockets", "off", "News wait until Redis is back.")
    return Part("WebSockets", "up", "News reach all pages, through Redis.")


# Sentry
def sentry() -> Part:
    if settings.SENTRY_DSN:
        return Part("Sentry", "up", "Errors are reported.")
    return Part("Sentry", "off", "Errors stay in the log.", "Set SENTRY_DSN to hear of them.")


PARTS = [
    database,
    cache,
    mail,
    media,
    # Celery
    tasks,
    # Channels
    websockets,
    # Sentry
    sentry,
]

# Templates that add a section of their own to the board, below the parts.
EXTRAS: list[str] = []


def all_parts() -> list[Part]:
    return [part() for part in PARTS]


def headline(parts: list[Part]) -> str:
    down = [part.name for part in parts if part.status == "down"]
    if not down:
        return "All systems go"
    return f"{get_text_list(down, 'and')} {'is' if len(down) == 1 else 'are'} down"
