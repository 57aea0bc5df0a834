"""Everything that a rehearsal sets up, from the databases to the proxies, and takes down again however it ends."""

import asyncio
import fcntl
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from slipway.rehearse import render
from slipway.rehearse.backing import Backing, backing
from slipway.rehearse.blueprint import Blueprint, Service
from slipway.rehearse.build import Workshop, forget_old_builds, git
from slipway.rehearse.environment import Environment, Surroundings, declared, resolve
from slipway.rehearse.failures import Failure
from slipway.rehearse.instances import PATIENCE, Release, Running, watch_memory
from slipway.rehearse.memory import MEGABYTE
from slipway.rehearse.processes import Log
from slipway.rehearse.proxy import Front, WebFront
from slipway.rehearse.report import Report

AT_THE_END = 10
# What is shorter would be found everywhere.
SECRET_LENGTH = 6
# Seconds that the services of one Blueprint begin apart, at most.
APART = 1.5


@dataclass
class Stage:
    report: Report
    random: Random
    workshop: Workshop
    running: list[Running]
    # By the names of the services.
    environments: dict[str, Environment]
    smoke_log: Log
    releases: dict[str, Release] = field(default_factory=dict)
    patience: float = PATIENCE

    @property
    def web(self) -> list[Running]:
        return [running for running in self.running if running.service.type == "web"]

    async def build(self, running: Running) -> Release:
        service = running.service
        variables = self.environments[service.name]
        build = await self.workshop.build(service, variables, running.log)
        given = render.defaults(service.plan, service.runtime)
        return Release(build, {**given, **variables}, service.start, service.pre_deploy)

    def project(self) -> Path:
        """As it was committed and built for the first web service."""
        return self.releases[self.web[0].service.name].build.source

    def visited(self) -> dict[str, int]:
        return {running.host: running.front.port for running in self.web if running.front}

    def in_random_order(self) -> list[Running]:
        return self.random.sample(self.running, len(self.running))

    async def deploy_all(self, overlap: float = 0) -> None:
        """Each for itself, as Render does, in no promised order. The first failure is told when all have ended."""
        deploys = [self.deploy(running, self.random.uniform(0, APART), overlap) for running in self.in_random_order()]
        ended = await asyncio.gather(*deploys, return_exceptions=True)
        failures = [error for error in ended if isinstance(error, BaseException)]
        for failure in failures[1:]:
            if isinstance(failure, Failure):
                self.report.finding(str(failure), failure.hint, failure.last_words)
        if failures:
            raise failures[0]

    async def deploy(self, running: Running, delay: float, overlap: float) -> None:
        await asyncio.sleep(delay)
        release = self.releases[running.service.name] = await self.build(running)
        if release.pre_deploy:
            await running.before(release)
        await running.deploy(release, self.patience, overlap)


@asynccontextmanager
async def stage(
    blueprint: Blueprint, services: Sequence[Service], commit: str, folder: Path, report: Report, random: Random
) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        with report.phase("databases") as phase:
            found = stack.enter_context(backing(blueprint))
            phase.words = ", ".join(found.titles)
        secrets: list[str] = []
        running = [member(service, folder, report, secrets) for service in services]
        for one in running:
            if one.front:
                await one.front.open()
                stack.push_async_callback(one.front.close)
        environments = resolve(blueprint, surroundings(blueprint, running, found, commit))
        secrets += hidden(blueprint, environments)
        workshop = Workshop(folder / "builds", blueprint.root, commit, found.tables, report)
        stack.push_async_callback(end, running, asyncio.create_task(watch_memory(running)))
        yield Stage(
            report,
            random,
            workshop,
            running,
            environments,
            Log(folder / "logs/smoke.log", secrets),
        )


def surroundings(blueprint: Blueprint, running: list[Running], found: Backing, commit: str) -> Surroundings:
    fronts = {one.service.name: one.front for one in running if one.front}
    return Surroundings(
        databases=found.databases,
        stores=found.stores,
        addresses={name: f"https://{render.public_host(name)}" for name, front in fronts.items() if front.is_public},
        ports={name: front.port for name, front in fronts.items()},
        commit=commit,
        branch=git(blueprint.root, "rev-parse", "--abbrev-ref", "HEAD").strip(),
    )


def hidden(blueprint: Blueprint, environments: dict[str, Environment]) -> list[str]:
    """Values that were made or asked for."""
    values = {
        environments[service.name][variable.key]
        for service in blueprint.services
        for variable in declared(blueprint, service)
        if variable.generated or variable.ask or (variable.database and variable.database[1] == "password")
    }
    return [value for value in values if len(value) >= SECRET_LENGTH]


def member(service: Service, folder: Path, report: Report, secrets: list[str]) -> Running:
    front = {"web": WebFront, "pserv": Front}.get(service.type)
    return Running(
        service,
        log=Log(folder / "logs" / f"{service.name}.log", secrets),
        folder=folder / "run",
        report=report,
        limit=render.plan(service.plan).memory * MEGABYTE,
        front=front() if front else None,
        host=render.public_host(service.name),
    )


async def end(running: list[Running], watch: asyncio.Task[None]) -> None:
    watch.cancel()
    await asyncio.gather(
        watch,
        *(one.stop(one.alive, min(AT_THE_END, one.service.stop_delay)) for one in running),
        return_exceptions=True,
    )


@contextmanager
def own_folder(root: Path, cold: bool) -> Iterator[Path]:
    """For one rehearsal at a time; git never sees it."""
    folder = root / ".rehearsal"
    folder.mkdir(exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(f"Another rehearsal is at work in {folder}.") from None
        for left in ("run", "logs", *(["builds"] if cold else [])):
            shutil.rmtree(folder / left, ignore_errors=True)
        forget_old_builds(folder / "builds")
        try:
            yield folder
        finally:
            shutil.rmtree(folder / "run", ignore_errors=True)


def uncommitted(root: Path) -> list[str]:
    return [line[3:] for line in git(root, "status", "--porcelain").splitlines()]
