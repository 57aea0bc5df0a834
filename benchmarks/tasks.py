"""Throughput and round-trip time of Celery tasks."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from subprocess import Popen

from benchmarks.bare_celery import bare_celery
from benchmarks.processes import Process, Service, run_command, running, script
from benchmarks.projects import Bench, Project, slipway_project
from benchmarks.results import measure_in_turn, percentile, print_rows

ROUNDS = 5
EMPTY_TASKS = 2000
ROUND_TRIPS = 500

THROUGHPUT = "Empty tasks with 2 children, tasks/s"
P50 = "Round trip of a task, p50, ms"
P99 = "Round trip of a task, p99, ms"
LIMITS = {THROUGHPUT: "none", P50: "none", P99: "none"}

# A missed run of a periodic task: beat sends the task as soon as it starts.
OVERDUE = """
from datetime import UTC, datetime, timedelta
from apps.tasks.models import PeriodicRun
slot = datetime.now(UTC) - timedelta(hours=1)
PeriodicRun.objects.update_or_create(name="heartbeat", defaults={"slot": slot})
"""


def measure(bench: Bench) -> None:
    slipway, bare = slipway_project(bench), bare_celery(bench)
    with task_sender(slipway) as one, task_sender(bare) as other:
        senders = {slipway.name: one, bare.name: other}
        results = measure_in_turn(lambda p: run_tasks(p, senders[p.name], bench), slipway, bare, bench.rounds(ROUNDS))
    print_rows(results, LIMITS)


def run_tasks(project: Project, sender: Popen[str], bench: Bench) -> dict[str, float]:
    """Fill the queue before the worker starts, so that sending is not part of the measurement."""
    count = bench.scaled(EMPTY_TASKS)
    run_command(sender, "purge")
    run_command(sender, "fill_queue", count)
    with worker(project):
        throughput = json.loads(run_command(sender, "throughput", count))
        seconds = json.loads(run_command(sender, "round_trips", bench.scaled(ROUND_TRIPS)))
    return {THROUGHPUT: throughput, P50: percentile(seconds, 50) * 1e3, P99: percentile(seconds, 99) * 1e3}


def services(bench: Bench, slipway: Project) -> list[Service]:
    slipway.python("manage.py", "shell", "--verbosity=0", "-c", OVERDUE)
    bare = bare_celery(bench)
    # Start beat before the worker, which would empty the queue before start_beat reads its length.
    return [
        Service("Memory of beat, MB", start_beat, bare),
        Service("Memory of worker, 2 children after 500 tasks, MB", start_worker, bare),
    ]


@contextmanager
def start_worker(project: Project, bench: Bench) -> Iterator[Process]:
    """Start a worker that has run 500 tasks."""
    count = bench.scaled(500)
    with task_sender(project) as sender, worker(project) as process:
        run_command(sender, "purge")
        run_command(sender, "fill_queue", count)
        run_command(sender, "throughput", count)
        yield process


@contextmanager
def start_beat(project: Project, bench: Bench) -> Iterator[Process]:
    """Start a beat that has sent a task."""
    with task_sender(project) as sender:
        run_command(sender, "purge")
        with running(project, project.processes["beat"]) as process:
            process.wait_until(lambda: int(run_command(sender, "queue_length")))
            yield process
        run_command(sender, "purge")


def worker(project: Project) -> AbstractContextManager[Process]:
    return running(project, f"{project.processes['worker']} --include=benchmarks.sample_tasks")


def task_sender(project: Project) -> AbstractContextManager[Popen[str]]:
    return script(project, "task_sender", f"{project.module.partition('.')[0]}.celery")
