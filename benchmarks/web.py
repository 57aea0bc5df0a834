"""Pages and the API, in process and served by gunicorn."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.bare_web import bare_web
from benchmarks.figures import alternately, row
from benchmarks.processes import Process, Service, answers, ask, get, inside, running
from benchmarks.projects import ROOT, Bench, Project, ours, with_everything
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


def measure(bench: Bench) -> None:
    slipway, floor = ours(bench), bare_web(bench)
    collect(bench, slipway)
    everything = with_everything(slipway)
    measure_inside(bench, slipway, everything, floor)

    def throughput(project: Project) -> float:
        return requests_per_second(project, seconds=0.1 if bench.quick else 3)

    per_second = alternately(throughput, slipway, floor, bench.rounds(5))
    row("Trivial view, gunicorn, requests/s", per_second, "at least 0.75")
    started = alternately(start, everything, floor, bench.rounds(ROUNDS))
    row("Start to the first 200 of /health/, s", started, "at most 1.6")


def measure_inside(bench: Bench, slipway: Project, everything: Project, floor: Project) -> None:
    token = token_of_staff(slipway)
    rounds = bench.rounds(ROUNDS)
    with ExitStack() as stack:
        scripts = {p.name: stack.enter_context(inside(p, "inside", p.module)) for p in (slipway, everything, floor)}

        def processor(project: Project) -> float:
            return float(ask(scripts[project.name], "/trivial/", "-", bench.few(1000)).split()[0]) * 1e6

        def clock(project: Project) -> float:
            return float(ask(scripts[project.name], "/api/v1/users/", token, bench.few(50)).split()[1]) * 1e3

        trivial = alternately(processor, slipway, floor, rounds)
        row("Trivial view, in process, us of processor", trivial, "at most 1.3")
        row("The same, errors going to Sentry", alternately(processor, everything, floor, rounds), "as it is")
        row("20 rows through the API, in process, ms", alternately(clock, slipway, floor, rounds), "at most 1.15")


def token_of_staff(project: Project) -> str:
    code = (
        "from apps.accounts.models import User\n"
        "from apps.accounts.tokens import issue_tokens\n"
        "print(issue_tokens(user=User.objects.create_superuser('staff@example.com'))['access'])\n"
    )
    command = [sys.executable, "manage.py", "shell", "--verbosity=0", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=project.variables, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@contextmanager
def gunicorn(project: Project, workers: int) -> Iterator[tuple[Process, int]]:
    """The same flags for both. Yields the process and its port."""
    port = free_port()
    words = ["gunicorn", *project.gunicorn, *FLAGS, f"--workers={workers}", f"--bind=127.0.0.1:{port}", project.module]
    with running(project, " ".join(words)) as process:
        yield process, port


def requests_per_second(project: Project, seconds: float) -> float:
    with gunicorn(project, workers=1) as (process, port):
        process.wait_until(lambda: answers(port, "/trivial/"))
        command = [sys.executable, str(ROOT / "benchmarks/load.py"), str(port), "/trivial/", str(seconds)]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def start(project: Project) -> float:
    began = time.perf_counter()
    with gunicorn(project, workers=1) as (process, port):
        process.wait_until(lambda: answers(port, "/health/"))
        return time.perf_counter() - began


def collect(bench: Bench, slipway: Project) -> None:
    """The static files, which WhiteNoise looks through when it starts. Compressing them takes a while."""
    if not (bench.folder / "static").exists():
        slipway.python("manage.py", "collectstatic", "--noinput", "--verbosity=0")


def services(bench: Bench, slipway: Project) -> list[Service]:
    collect(bench, slipway)
    return [Service("Memory of web, 2 workers after 500 requests, MB", at_work, bare_web(bench), "at most 150 MB")]


@contextmanager
def at_work(project: Project, bench: Bench) -> Iterator[Process]:
    """gunicorn with two workers that have answered 500 requests."""
    with gunicorn(project, workers=2) as (process, port):
        process.wait_until(lambda: answers(port, "/health/"))
        for _ in range(bench.few(500)):
            get(port, "/trivial/")
        yield process
