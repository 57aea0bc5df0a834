"""What a task costs from its sender to its worker, and back."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from subprocess import Popen

from benchmarks.bare_celery import bare_celery
from benchmarks.figures import alternately, percentile, rows
from benchmarks.processes import Process, Service, ask, inside, running
from benchmarks.projects import Bench, Project, ours

ROUNDS = 5
EMPTY = 2000
ROUND_TRIPS = 500

RATE = "Empty tasks, done by 2 children, tasks/s"
HALF = "Round trip of a task, p50, ms"
MOST = "Round trip of a task, p99, ms"
WANTED = {RATE: "as it is", HALF: "as it is", MOST: "as it is"}

# A slot that was missed: beat makes up for it as soon as it starts.
OVERDUE = """
from datetime import UTC, datetime, timedelta
from apps.tasks.models import PeriodicRun
slot = datetime.now(UTC) - timedelta(hours=1)
PeriodicRun.objects.update_or_create(name="heartbeat", defaults={"slot": slot})
"""


def measure(bench: Bench) -> None:
    slipway, floor = ours(bench), bare_celery(bench)
    with sender(slipway) as one, sender(floor) as other:
        senders = {slipway.name: one, floor.name: other}
        figures = alternately(lambda p: session(p, senders[p.name], bench), slipway, floor, bench.rounds(ROUNDS))
    rows(figures, WANTED)


def session(project: Project, sender: Popen[str], bench: Bench) -> dict[str, float]:
    """The queue is full before the worker starts: so it has the machine to itself, and sending does not count."""
    count = bench.few(EMPTY)
    ask(sender, "empty")
    ask(sender, "queue", count)
    with worker(project):
        rate = json.loads(ask(sender, "rate", count))
        seconds = json.loads(ask(sender, "round_trips", bench.few(ROUND_TRIPS)))
    return {RATE: rate, HALF: percentile(seconds, 50) * 1e3, MOST: percentile(seconds, 99) * 1e3}


def services(bench: Bench, slipway: Project) -> list[Service]:
    slipway.python("manage.py", "shell", "--verbosity=0", "-c", OVERDUE)
    floor = bare_celery(bench)
    # beat before the worker, who would take away what it sends before anybody sees it.
    return [
        Service("Memory of beat, MB", beat_at_work, floor),
        Service("Memory of worker, 2 children after 500 tasks, MB", worker_at_work, floor),
    ]


@contextmanager
def worker_at_work(project: Project, bench: Bench) -> Iterator[Process]:
    """A worker that has done 500 tasks."""
    count = bench.few(500)
    with sender(project) as its_sender, worker(project) as process:
        ask(its_sender, "empty")
        ask(its_sender, "queue", count)
        ask(its_sender, "rate", count)
        yield process


@contextmanager
def beat_at_work(project: Project, bench: Bench) -> Iterator[Process]:
    """A beat that has sent something."""
    with sender(project) as its_sender:
        ask(its_sender, "empty")
        with running(project, project.processes["beat"]) as process:
            process.wait_until(lambda: int(ask(its_sender, "waiting")))
            yield process
        ask(its_sender, "empty")


def worker(project: Project) -> AbstractContextManager[Process]:
    return running(project, f"{project.processes['worker']} --include=benchmarks.jobs")


def sender(project: Project) -> AbstractContextManager[Popen[str]]:
    return inside(project, "sender", f"{project.module.partition('.')[0]}.celery")
