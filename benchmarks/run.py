"""What the site costs, as ratios to a bare project in the same run: `bin/bench`. See README.md for what it found."""

import argparse
import os
import secrets
import tempfile
from pathlib import Path

from benchmarks.figures import heading
from benchmarks.parts import PARTS, part
from benchmarks.projects import Bench, Project, ours


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; all of them, unless named")
    parser.add_argument("--quick", action="store_true", help="only see that it runs: the figures mean nothing")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}: name some of {', '.join(PARTS)}, or none for all")
    with tempfile.TemporaryDirectory() as folder:
        addresses = os.environ["DATABASE_URL"], os.environ["REDIS_URL"]
        bench = Bench(Path(folder), *addresses, secrets.token_urlsafe(50), options.quick)
        prepare(ours(bench))
        for name in options.parts or PARTS:
            heading()
            part(name).measure(bench)
            print()


def prepare(project: Project) -> None:
    """Tables, and 50 people."""
    project.python("-m", "compileall", "-q", "apps", "config", "benchmarks")
    project.python("manage.py", "migrate", "--verbosity=0")
    people = (
        "from apps.accounts.models import User\n"
        "User.objects.bulk_create(User(email=f'{n}@example.com', name=f'Number {n}') for n in range(50))\n"
    )
    project.python("manage.py", "shell", "--verbosity=0", "-c", people)


if __name__ == "__main__":
    main()
