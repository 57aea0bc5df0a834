"""Memory of the processes while all of them run on one machine."""

from contextlib import ExitStack
from functools import partial

from benchmarks.processes import Service
from benchmarks.projects import Bench, Project, slipway_project, with_all_services
from benchmarks.results import measure_in_turn, print_rows
from benchmarks.suites import SUITES, load_suite

ROUNDS = 3
TOTAL = "Memory of all processes, MB"


def measure(bench: Bench) -> None:
    slipway = with_all_services(slipway_project(bench))
    suites = [load_suite(name) for name in SUITES if name != "memory"]
    services: list[Service] = [service for suite in suites for service in suite.services(bench, slipway)]
    results = measure_in_turn(partial(memory_of, services, bench), slipway, services[0].bare, bench.rounds(ROUNDS))
    print_rows(results, {**{service.title: service.limit for service in services}, TOTAL: "at most 390 MB"})


def memory_of(services: list[Service], bench: Bench, project: Project) -> dict[str, float]:
    """Start all services and use each of them before the first is measured."""
    with ExitStack() as stack:
        processes = {
            service.title: stack.enter_context(
                service.start_and_use(service.bare if project.name == "bare" else project, bench)
            )
            for service in services
        }
        megabytes = {title: process.memory() for title, process in processes.items()}
    return {**megabytes, TOTAL: sum(megabytes.values())}
