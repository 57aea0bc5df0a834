"""`bin/rehearse`: does here what Render would do with a Blueprint, and says what would go wrong there.

    bin/rehearse                        render.yaml of this repository, as it is committed
    bin/rehearse deploy/other.yaml      another Blueprint
    bin/rehearse --fast                 without the second deploy and the broken ones

Exit code 1 when something must be mended first. The logs stay in .rehearsal/logs/.
"""

# The order of things is nobody's secret.

import argparse
import asyncio
import signal
import sys
from asyncio import CancelledError
from collections.abc import Coroutine
from pathlib import Path
from random import Random
from typing import Any

from slipway.rehearse import check
from slipway.rehearse.blueprint import Service, read
from slipway.rehearse.build import git
from slipway.rehearse.deploys import REQUESTS, broken_deploys, count, deploy_again, targets
from slipway.rehearse.failures import Failure
from slipway.rehearse.instances import PATIENCE, megabytes
from slipway.rehearse.load import GENTLE_REST, Load
from slipway.rehearse.problems import BlueprintError
from slipway.rehearse.report import Report
from slipway.rehearse.stage import Stage, own_folder, stage, uncommitted
from slipway.rehearse.visits import Smoke, smoke_of
from tools.servers import ServicesError

INTERRUPTED = 130


def main(given: list[str] | None = None) -> int:
    options = arguments().parse_args(given)
    report = Report()
    try:
        asyncio.run(until_told(rehearse(options, report)))
    except (Failure, ServicesError, BlueprintError) as error:
        # Within a phase it has been told.
        if not report.findings:
            report.finding(str(error), getattr(error, "hint", ""))
    except (CancelledError, KeyboardInterrupt):
        print("\nBroken off; everything is stopped.")
        return INTERRUPTED
    print(f"\n{report.table()}")
    print("\nReady for Render." if report.is_good else f"\n{len(report.findings)} to mend first.")
    return 0 if report.is_good else 1


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/rehearse", description=str(__doc__).partition("\n")[0])
    parser.add_argument("blueprint", nargs="?", type=Path, default=Path("render.yaml"))
    parser.add_argument("--check", action="store_true", help="only read it, and say what is wrong")
    parser.add_argument("--fast", action="store_true", help="without the second deploy and the broken ones")
    parser.add_argument("--cold", action="store_true", help="keep no build of an earlier rehearsal")
    parser.add_argument("--commit", default="HEAD", help="what to build instead of HEAD")
    parser.add_argument("--seed", type=int, help="for the order that an earlier rehearsal had")
    parser.add_argument("--requests", type=int, default=REQUESTS, help="to send during the second deploy, at least")
    parser.add_argument("--patience", type=float, default=PATIENCE, metavar="S", help="for each start; 900 on Render")
    parser.add_argument("--overlap", type=float, default=3, metavar="S", help="of old and new; 60 seconds on Render")
    parser.add_argument("--path", action="append", default=[], help="to ask for, besides being healthy and /")
    return parser


async def until_told(work: Coroutine[Any, Any, None]) -> None:
    """SIGTERM ends it as Ctrl-C does: by way of everything that tidies up."""
    task = asyncio.current_task()
    assert task
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await work


async def rehearse(options: argparse.Namespace, report: Report) -> None:
    path = options.blueprint.resolve()
    with report.phase("blueprint") as phase:
        look_for_problems(path, report)
        blueprint = read(path)
        services = [service for service in blueprint.services if can_run(service, report)]
        phase.words = ", ".join(service.name for service in services)
    if options.check:
        return
    seed = options.seed if options.seed is not None else Random().randrange(10**6)
    report.say(f"Services begin in random order: --seed {seed} repeats it.")
    commit = git(blueprint.root, "rev-parse", f"{options.commit}^{{commit}}").strip()
    if left_out := uncommitted(blueprint.root):
        report.say(f"Not committed, and so not in this rehearsal: {', '.join(left_out)}")
    with own_folder(blueprint.root, cold=options.cold) as folder:
        async with stage(blueprint, services, commit, folder, report, Random(seed)) as here:
            here.patience = options.patience
            await perform(here, options)


def look_for_problems(path: Path, report: Report) -> None:
    if not path.exists():
        raise Failure(f"There is no Blueprint at {path}.", hint="Name one: bin/rehearse PATH")
    for problem in check.check(path):
        report.finding(f"{path.name}, line {problem.line}: {problem.message}", problem.hint)
    if report.findings:
        raise Failure("The Blueprint has problems.")


def can_run(service: Service, report: Report) -> bool:
    if service.type == "cron":
        report.say(f"{service.name} is passed over: a cron job runs by its schedule.")
    elif service.runtime != "python":
        report.say(
            f"{service.name} is passed over: only the Python runtime is rehearsed, and it has {service.runtime}."
        )
    return service.type != "cron" and service.runtime == "python"


async def perform(here: Stage, options: argparse.Namespace) -> None:
    report = here.report
    with report.phase("builds"):
        for running in here.in_random_order():
            await here.build(running)
    with report.phase("first deploy"):
        await here.deploy_all()
    smoke = await first_visit(here)
    if options.fast:
        report.say("--fast leaves out the second deploy under load and the broken deploys.")
    else:
        await deploy_again(here, smoke, options.path, options.requests, options.overlap)
        if here.web:
            await broken_deploys(here, options.path)
    for running in here.running:
        report.say(f"{running.service.name} took {megabytes(running.peak)} of {megabytes(running.limit)} at most.")


async def first_visit(here: Stage) -> Smoke | None:
    with here.report.phase("smoke test") as phase:
        smoke = smoke_of(here.project(), here.visited(), here.smoke_log) if here.web else None
        if smoke is None:
            phase.words = await look_at(here) if here.web else "no web service here that could be asked"
            return None
        well, said = await smoke.run()
        for line in said:
            here.report.say(line)
        if not well:
            raise Failure("The project's own smoke test failed.")
        return smoke


async def look_at(here: Stage) -> str:
    """Without a smoke test of the project's own, the least that visitors expect."""
    async with Load(targets(here, []), rest=GENTLE_REST) as load:
        await load.reaches(4 * len(load.targets))
    count(here, load)
    return "no tools/smoke.py here: only the health paths and / were asked for"


if __name__ == "__main__":
    sys.exit(main())
