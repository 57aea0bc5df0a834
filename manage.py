#!/usr/bin/env python
"""Django's command-line utility. `python manage.py help` lists the commands."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")
    if sys.argv[1:2] == ["doctor"]:
        # Without Django's setup, which fails when a variable is missing.
        from config.doctor import main as doctor

        sys.exit(doctor(sys.argv[2:]))

    if sys.argv[1:2] == ["migrate"]:
        # A migration may take longer than a request.
        os.environ["DATABASE_TIMEOUT"] = "0"

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
