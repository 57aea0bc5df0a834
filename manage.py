#!/usr/bin/env python
"""Django's commands for this project: `python manage.py help`."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")
    if sys.argv[1:2] == ["doctor"]:
        # Before Django: the doctor is called when the settings are ill.
        from config.doctor import main as doctor

        sys.exit(doctor(sys.argv[2:]))

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
