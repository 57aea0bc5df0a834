"""What the processes take from one machine on which all of them run and have worked a while."""

from contextlib import ExitStack
from functools import partial

from benchmarks.figures import alternately, rows
from benchmarks.parts import PARTS, part
from benchmarks.processes import Service
from benchmarks.projects import Bench, Project, ours, with_everything

ROUNDS = 3
TOGETHER = "Memory of all of them, MB"


def measure(bench: Bench) -> None:
    everything = with_everything(ours(bench))
    others = [part(name) for name in PARTS if name != "memory"]
    services: list[Service] = [service for other in others for service in other.services(bench, everything)]
    figures = alternately(partial(together, services, bench), everything, services[0].floor, bench.rounds(ROUNDS))
    rows(figures, {**{service.title: service.wanted for service in services}, TOGETHER: "at most 450 MB"})


def together(services: list[Service], bench: Bench, project: Project) -> dict[str, float]:
    """All are at work when the first is looked at."""
    with ExitStack() as stack:
        started = {
            service.title: stack.enter_context(
                service.at_work(service.floor if project.name == "bare" else project, bench)
            )
            for service in services
        }
        megabytes = {title: process.memory() for title, process in started.items()}
    return {**megabytes, TOGETHER: sum(megabytes.values())}
