"""Requests to a view and the API, in process and served by gunicorn."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.bare_web import bare_web
from benchmarks.processes import Process, Service, get, responds, run_command, running, script
from benchmarks.projects import ROOT, Bench, Project, slipway_project, with_all_services
from benchmarks.results import measure_in_turn, print_row
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
    slipway, bare = slipway_project(bench), bare_web(bench)
    collect_static(bench, slipway)
    all_services = with_all_services(slipway)
    measure_in_process(bench, slipway, all_services, bare)

    def throughput(project: Project) -> float:
        return requests_per_second(project, seconds=0.1 if bench.quick else 3)

    per_second = measure_in_turn(throughput, slipway, bare, bench.rounds(5))
    print_row("Trivial view, gunicorn, requests/s", per_second, "at least 0.75")
    startup = measure_in_turn(startup_time, all_services, bare, bench.rounds(ROUNDS))
    print_row("Startup until /health/ returns 200, s", startup, "at most 1.6")


def measure_in_process(bench: Bench, slipway: Project, all_services: Project, bare: Project) -> None:
    token = staff_token(slipway)
    rounds = bench.rounds(ROUNDS)
    with ExitStack() as stack:
        projects = (slipway, all_services, bare)
        scripts = {p.name: stack.enter_context(script(p, "in_process", p.module)) for p in projects}

        def cpu_time(project: Project) -> float:
            return float(run_command(scripts[project.name], "/trivial/", "-", bench.scaled(1000)).split()[0]) * 1e6

        def elapsed_time(project: Project) -> float:
            return float(run_command(scripts[project.name], "/api/v1/users/", token, bench.scaled(50)).split()[1]) * 1e3

        trivial = measure_in_turn(cpu_time, slipway, bare, rounds)
        print_row("Trivial view, in process, CPU time, us", trivial, "at most 1.3")
        with_sentry = measure_in_turn(cpu_time, all_services, bare, rounds)
        print_row("Trivial view, in process, with Sentry, CPU time, us", with_sentry, "none")
        listing = measure_in_turn(elapsed_time, slipway, bare, rounds)
        print_row("API list of 20 rows, in process, ms", listing, "at most 1.15")


def staff_token(project: Project) -> str:
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
    """Start gunicorn with the same flags for both projects. Yield the process and its port."""
    port = free_port()
    words = ["gunicorn", *project.gunicorn, *FLAGS, f"--workers={workers}", f"--bind=127.0.0.1:{port}", project.module]
    with running(project, " ".join(words)) as process:
        yield process, port


def requests_per_second(project: Project, seconds: float) -> float:
    with gunicorn(project, workers=1) as (process, port):
        process.wait_until(lambda: responds(port, "/trivial/"))
        command = [sys.executable, str(ROOT / "benchmarks/load.py"), str(port), "/trivial/", str(seconds)]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def startup_time(project: Project) -> float:
    started = time.perf_counter()
    with gunicorn(project, workers=1) as (process, port):
        process.wait_until(lambda: responds(port, "/health/"))
        return time.perf_counter() - started


def collect_static(bench: Bench, slipway: Project) -> None:
    """Collect the static files once: WhiteNoise scans them at startup, and compressing them is slow."""
    if not (bench.folder / "static").exists():
        slipway.python("manage.py", "collectstatic", "--noinput", "--verbosity=0")


def services(bench: Bench, slipway: Project) -> list[Service]:
    collect_static(bench, slipway)
    return [
        Service("Memory of web, 2 workers after 500 requests, MB", start_gunicorn, bare_web(bench), "at most 120 MB")
    ]


@contextmanager
def start_gunicorn(project: Project, bench: Bench) -> Iterator[Process]:
    """Start gunicorn with two workers that have handled 500 requests."""
    with gunicorn(project, workers=2) as (process, port):
        process.wait_until(lambda: responds(port, "/health/"))
        for _ in range(bench.scaled(500)):
            get(port, "/trivial/")
        yield process
