"""`python manage.py doctor [--for PROCESS]`: everything that is wrong with the settings, at once.

Exit code 1 when something is missing, invalid or unsafe; advice alone leaves it at 0.
"""

import argparse
import os
from collections.abc import Iterator

from config.env import Env, complaint, examine, mode
from config.processes import PROCESSES


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="manage.py doctor", description="Say what is wrong with the settings.")
    parser.add_argument("--for", dest="process", choices=PROCESSES, help="the process to look at, PROCESS if not given")
    given = parser.parse_args(arguments).process
    if given:
        os.environ["PROCESS"] = given

    env, problems = examine()
    if problems:
        # Django cannot be asked before these are mended.
        print(complaint(problems, env.process))
        return 1

    unsafe = list(unsafe_settings())
    advice = list(losses(env)) if mode() == "production" else []
    for line in [*unsafe, *advice]:
        print(f"{line}\n")
    if not unsafe:
        print(f"The {mode()} settings of {env.process} are in order{', apart from this advice' if advice else ''}.")
    if mode() != "production":
        print("What a server needs: DJANGO_SETTINGS_MODULE=config.settings.production python manage.py doctor")
    return 1 if unsafe else 0


def unsafe_settings() -> Iterator[str]:
    """What Django's own checks find; on a server, those for deployment too."""
    import django
    from django.core import checks

    django.setup()
    for found in checks.run_checks(include_deployment_checks=mode() == "production"):
        if found.level >= checks.WARNING and not found.is_silenced():
            yield f"  {found.msg}  ({found.id})" + (f"\n      {found.hint}" if found.hint else "")


def losses(env: Env) -> Iterator[str]:
    """What works, but not as people will expect."""
    if env.database_url.startswith("sqlite"):
        yield "  DATABASE_URL is SQLite: platforms throw away the disk, and with it the data, at each deploy."
    if not env.redis_url:
        yield "  REDIS_URL is not set: each process counts and caches for itself."
    if not env.email_host:
        yield "  EMAIL_HOST is not set: nobody gets a mail, not even to reset a password."
    if not remote_media():
        yield (
            "  Uploads are kept in MEDIA_ROOT: unless its disk is one that stays, they are lost at the next deploy."
            "\n      Mount a disk there, or keep them elsewhere: docs/environment.md"
        )


def remote_media() -> bool:
    from django.conf import settings

    return not settings.STORAGES["default"]["BACKEND"].endswith("FileSystemStorage")
