"""Rehearse a Render deploy on this machine: build, migrate, start and deploy again under load, as Render would.

    bin/rehearse                        render.yaml of this repository, at the last commit
    bin/rehearse deploy/other.yaml      another Blueprint
    bin/rehearse --check                only find mistakes in the Blueprint
    bin/rehearse --fast                 without the second deploy and the failing deploys

Exit code 1 if the deploy would fail or lose something. The logs of the services are in .rehearsal/logs/.
"""

import argparse
import asyncio
import signal
from asyncio import CancelledError
from pathlib import Path
from random import Random

from slipway.rehearse.blueprint import Blueprint, Service, default_blueprint, read
from slipway.rehearse.build import git
from slipway.rehearse.check import check, print_problems
from slipway.rehearse.errors import Failure, InvalidBlueprint
from slipway.rehearse.instances import START_TIMEOUT
from slipway.rehearse.rehearsal import start_rehearsal, uncommitted_files, working_folder
from slipway.rehearse.report import Report
from slipway.rehearse.steps import REQUESTS, run_steps
from tools.places import ServicesError

INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    path = options.blueprint or default_blueprint()
    if options.check:
        return print_problems(path)
    report = Report()
    try:
        asyncio.run(rehearse(path.resolve(), options, report))
    except (Failure, ServicesError, InvalidBlueprint) as error:
        # The report has it already if it happened in a phase.
        if not report.failures:
            report.add_failure(str(error), getattr(error, "hint", ""))
    except (CancelledError, KeyboardInterrupt):
        print("\nInterrupted. All processes are stopped.")
        return INTERRUPTED
    print(f"\n{report.table()}")
    failures = "1 failure" if len(report.failures) == 1 else f"{len(report.failures)} failures"
    print("\nReady for Render." if report.succeeded else f"\n{failures} to fix before you deploy.")
    return 0 if report.succeeded else 1


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/rehearse", description=str(__doc__).partition("\n")[0])
    parser.add_argument("blueprint", nargs="?", type=Path, help="render.yaml of this repository, if left out")
    parser.add_argument("--check", action="store_true", help="only find mistakes in the Blueprint")
    parser.add_argument("--fast", action="store_true", help="skip the second deploy and the failing deploys")
    parser.add_argument("--cold", action="store_true", help="build again, also what an earlier rehearsal has built")
    parser.add_argument("--commit", default="HEAD", help="the commit to deploy (default: HEAD)")
    parser.add_argument("--seed", type=int, help="start the services in the order of an earlier rehearsal")
    parser.add_argument("--requests", type=int, default=REQUESTS, help="minimum number during the second deploy")
    parser.add_argument(
        "--timeout", type=float, default=START_TIMEOUT, metavar="S", help="for each start; 900 on Render"
    )
    parser.add_argument("--overlap", type=float, default=3, metavar="S", help="old and new version; 60 on Render")
    parser.add_argument("--path", action="append", default=[], help="another path to request, besides / and health")
    return parser


async def rehearse(path: Path, options: argparse.Namespace, report: Report) -> None:
    cancel_on_signals()
    with report.phase("blueprint") as phase:
        blueprint = read_checked(path, report)
        services = [service for service in blueprint.services if is_rehearsed(service, report)]
        phase.summary = ", ".join(service.name for service in services)
    seed = options.seed if options.seed is not None else Random().randrange(10**6)
    report.info(f"Services start in random order. Repeat it with --seed {seed}.")
    commit = git(blueprint.root, "rev-parse", f"{options.commit}^{{commit}}").strip()
    if files := uncommitted_files(blueprint.root):
        report.info(f"Not committed, so not part of this rehearsal: {', '.join(files)}")
    with working_folder(blueprint.root, cold=options.cold) as folder:
        async with start_rehearsal(blueprint, services, commit, folder, report, Random(seed)) as rehearsal:
            rehearsal.start_timeout = options.timeout
            await run_steps(rehearsal, options)


def cancel_on_signals() -> None:
    """SIGTERM and SIGHUP end the rehearsal as Ctrl-C does."""
    task = asyncio.current_task()
    assert task
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)


def read_checked(path: Path, report: Report) -> Blueprint:
    if not path.exists():
        raise Failure(f"There is no Blueprint at {path}.", hint="Give its path: bin/rehearse PATH")
    for problem in check(path):
        report.add_failure(f"{path.name}, line {problem.line}: {problem.message}", problem.hint)
    if report.failures:
        raise Failure("The Blueprint has problems.")
    return read(path)


def is_rehearsed(service: Service, report: Report) -> bool:
    if service.type == "cron":
        report.info(f"{service.name} is skipped: cron jobs run on their schedule.")
    elif service.runtime != "python":
        report.info(f"{service.name} is skipped: only the Python runtime can be rehearsed, not {service.runtime}.")
    return service.type != "cron" and service.runtime == "python"
