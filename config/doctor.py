"""`python manage.py doctor [--for PROCESS]`: list everything that is wrong with the environment and the settings.

The exit code is 1 if a variable is missing or invalid, a system check reports an error, or a setting is insecure.
Other warnings and advice don't change it.
"""

import argparse
import os
from collections.abc import Iterator

from config.env import Env, dotenv, mode, read_environment
from config.processes import PROCESSES
from config.variables import error_message, unknown_lines


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="manage.py doctor", description="Check the environment and the settings.")
    parser.add_argument("--for", dest="process", choices=PROCESSES, help="the process to check (default: PROCESS)")
    process = parser.parse_args(arguments).process
    if process:
        os.environ["PROCESS"] = process

    env, problems = read_environment()
    if problems:
        # Django's settings cannot be imported before these are fixed.
        print(error_message(f"The {mode()} environment of {env.process}", problems))
        return 1

    errors, advice = run_system_checks()
    advice += unknown_lines(Env, dotenv())
    if mode() == "production":
        advice += missing_services(env)
    for line in [*errors, *advice]:
        print(f"  {line}\n")
    if not errors:
        print(f"The {mode()} settings of {env.process} are valid{', apart from this advice' if advice else ''}.")
    if mode() != "production":
        print("To check for a server: DJANGO_SETTINGS_MODULE=config.settings.production python manage.py doctor")
    return 1 if errors else 0


def run_system_checks() -> tuple[list[str], list[str]]:
    """Errors and warnings of Django's system checks; in production, including the deployment checks."""
    import django
    from django.core import checks

    django.setup()
    errors: list[str] = []
    warnings: list[str] = []
    for found in checks.run_checks(include_deployment_checks=mode() == "production"):
        if found.level >= checks.WARNING and not found.is_silenced():
            is_error = found.level >= checks.ERROR or str(found.id).startswith("security.")
            text = f"{found.msg}  ({found.id})" + (f"\n      {found.hint}" if found.hint else "")
            (errors if is_error else warnings).append(text)
    return errors, warnings


def missing_services(env: Env) -> Iterator[str]:
    """What works without these variables, but not as most sites need it."""
    from django.conf import settings

    if env.database_url.startswith("sqlite"):
        yield "DATABASE_URL is SQLite: on platforms with an ephemeral disk, each deploy deletes the data."
    if not env.redis_url:
        yield "REDIS_URL is not set: each process has its own cache and its own rate limits."
    if not env.email_host:
        yield "EMAIL_HOST is not set: no e-mail is sent, not even to reset a password."
    if settings.STORAGES["default"]["BACKEND"].endswith("FileSystemStorage"):
        yield (
            "Uploaded files are stored in MEDIA_ROOT: they are lost at the next deploy unless it is a persistent disk."
            "\n      Mount a disk there, or use a storage service: docs/deployment.md"
        )
