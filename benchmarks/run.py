"""Compare the site with a bare Django project: `bin/bench`. README.md explains the results."""

import argparse
import os
import secrets
import tempfile
from pathlib import Path

from benchmarks.projects import Bench, Project, slipway_project
from benchmarks.results import print_heading
from benchmarks.suites import SUITES, load_suite


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="suite", help=f"{', '.join(SUITES)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="check that everything runs; the results are meaningless")
    options = parser.parse_args()
    if unknown := set(options.suites) - set(SUITES):
        parser.error(f"unknown suite {', '.join(sorted(unknown))}; choose from {', '.join(SUITES)}")
    with tempfile.TemporaryDirectory() as folder:
        addresses = os.environ["DATABASE_URL"], os.environ["REDIS_URL"]
        bench = Bench(Path(folder), *addresses, secrets.token_urlsafe(50), options.quick)
        prepare(slipway_project(bench))
        for name in options.suites or SUITES:
            print_heading()
            load_suite(name).measure(bench)
            print()


def prepare(project: Project) -> None:
    """Migrate the database and create 50 users."""
    project.python("-m", "compileall", "-q", "apps", "config", "benchmarks")
    project.python("manage.py", "migrate", "--verbosity=0")
    users = (
        "from apps.accounts.models import User\n"
        "User.objects.bulk_create(User(email=f'{n}@example.com', name=f'Number {n}') for n in range(50))\n"
    )
    project.python("manage.py", "shell", "--verbosity=0", "-c", users)


if __name__ == "__main__":
    main()
