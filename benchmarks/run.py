"""What the site costs, as ratios to a bare project in the same run: `bin/bench`. See README.md for what it found."""

import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median
from typing import IO

from benchmarks.projects import ROOT, Project, bare, ours, with_everything
from tools.servers import free_port

ROUNDS = 9
FLAGS = (
    "--worker-class=gthread",
    "--threads=4",
    "--preload",
    "--no-control-socket",
    "--access-logfile=-",
    "--max-requests=0",
)

Figures = tuple[list[float], list[float]]


def main() -> None:
    shared = {"SECRET_KEY": secrets.token_urlsafe(50), "DATABASE_URL": os.environ["DATABASE_URL"]}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        slipway, floor = ours(shared, os.environ["REDIS_URL"]), bare(Path(folder), shared)
        everything = with_everything(slipway)
        token = prepare(slipway)
        slipway.python("-m", "compileall", "-q", "apps", "config", "benchmarks")

        processes = {project.name: stack.enter_context(inside(project)) for project in (slipway, everything, floor)}

        def processor(project: Project) -> float:
            return ask(processes[project.name], "/trivial/", "-", 1000)[0] * 1e6

        def clock(project: Project) -> float:
            return ask(processes[project.name], "/api/v1/users/", token, 50)[1] * 1e3

        print(f"| {'what':44} | slipway | bare | ratio | wanted |\n|---|---|---|---|---|")
        row("Trivial view, in process, us of processor", alternately(processor, slipway, floor), "at most 1.3")
        row("The same, errors going to Sentry", alternately(processor, everything, floor), "as it is")
        row("20 rows through the API, in process, ms", alternately(clock, slipway, floor), "at most 1.15")
        row("Trivial view, gunicorn, requests/s", alternately(throughput, slipway, floor, 5), "at least 0.75")
        row("Start to the first 200 of /health/, s", alternately(start, everything, floor), "at most 1.6")
        row("Memory of 2 workers after 500 requests, MB", alternately(memory, everything, floor, 3), "150 MB at most")


def prepare(project: Project) -> str:
    """Tables, static files, 50 people, and a token of one of them who is staff."""
    project.python("manage.py", "migrate", "--verbosity=0")
    people = (
        "from apps.accounts.models import User\n"
        "from apps.accounts.tokens import issue_tokens\n"
        "User.objects.bulk_create(User(email=f'{n}@example.com', name=f'Number {n}') for n in range(50))\n"
        "print(issue_tokens(user=User.objects.create_superuser('staff@example.com'))['access'])\n"
    )
    command = [sys.executable, "manage.py", "shell", "--verbosity=0", "-c", people]
    environment = project.variables
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"],
        cwd=ROOT,
        env=environment | {"DJANGO_SETTINGS_MODULE": "config.settings.build"},
        check=True,
    )
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def alternately(measure: Callable[[Project], float], one: Project, other: Project, rounds: int = ROUNDS) -> Figures:
    """In turn, so that a machine that slows down slows both; a first round of each is thrown away."""
    pairs = [(measure(one), measure(other)) for _ in range(rounds + 1)][1:]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def row(what: str, figures: Figures, wanted: str) -> None:
    ratios = [ours / theirs for ours, theirs in zip(*figures, strict=True)]
    cells = [spread(values, digits) for values, digits in ((figures[0], 4), (figures[1], 4), (ratios, 3))]
    print(f"| {what} | {' | '.join(cells)} | {wanted} |", flush=True)


def spread(values: list[float], digits: int) -> str:
    return "{:.{d}g} ({:.{d}g} to {:.{d}g})".format(median(values), min(values), max(values), d=digits)


@contextmanager
def inside(project: Project) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(ROOT / "benchmarks/inside.py"), project.module]
    with subprocess.Popen(
        command, cwd=project.folder, env=project.variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        streams(process)[0].close()


def ask(process: subprocess.Popen[str], path: str, token: str, count: int) -> tuple[float, float]:
    stdin, stdout = streams(process)
    print(path, token, count, file=stdin, flush=True)
    processor, clock = map(float, stdout.readline().split())
    return processor, clock


def streams(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin
    assert process.stdout
    return process.stdin, process.stdout


@contextmanager
def gunicorn(project: Project, workers: int) -> Iterator[tuple[int, int]]:
    """The same flags for both. Yields the process and its port."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", *project.gunicorn, *FLAGS, f"--workers={workers}"]
    with subprocess.Popen(
        [*command, f"--bind=127.0.0.1:{port}", project.module],
        cwd=project.folder,
        env=project.variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process.pid, port
        finally:
            process.terminate()


def throughput(project: Project) -> float:
    with gunicorn(project, workers=1) as (_, port):
        wait_for(port, "/trivial/")
        command = [sys.executable, str(ROOT / "benchmarks/load.py"), str(port), "/trivial/", "3"]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def start(project: Project) -> float:
    began = time.perf_counter()
    with gunicorn(project, workers=1) as (_, port):
        wait_for(port, "/health/")
        return time.perf_counter() - began


def memory(project: Project) -> float:
    """What the master and its workers take from the machine, shared pages counted once."""
    with gunicorn(project, workers=2) as (pid, port):
        wait_for(port, "/health/")
        for _ in range(500):
            get(port, "/trivial/")
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        shares = [Path(f"/proc/{process}/smaps_rollup").read_text() for process in (pid, *children)]
        return sum(int(re.findall(r"^Pss:\s+(\d+)", share, re.MULTILINE)[0]) for share in shares) / 1024


def wait_for(port: int, path: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if get(port, path) == 200:
                return
        except (OSError, HTTPException):
            time.sleep(0.002)
    sys.exit(f"{path} never answered 200")


def get(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": "localhost", "X-Forwarded-Proto": "https"})
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


if __name__ == "__main__":
    main()
