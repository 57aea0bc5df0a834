"""Starts what a rehearsal needs, from databases to proxies, and stops it at the end."""

import asyncio
import fcntl
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from slipway.rehearse import render
from slipway.rehearse.blueprint import Blueprint, Service
from slipway.rehearse.build import Builder, delete_old_builds, git
from slipway.rehearse.datastores import Datastores, start_datastores
from slipway.rehearse.errors import Failure
from slipway.rehearse.instances import START_TIMEOUT, Release, RunningService, watch_memory
from slipway.rehearse.processes import MEGABYTE, Log
from slipway.rehearse.proxy import ServiceProxy, WebProxy
from slipway.rehearse.report import Report
from slipway.rehearse.variables import Endpoints, Environment, declared, resolve

STOP_TIMEOUT = 10
# Shorter values are not hidden in the output: they would match everywhere.
SECRET_LENGTH = 6
# Seconds. The services start at different times.
MAX_START_DELAY = 1.5


@dataclass
class Rehearsal:
    report: Report
    random: Random
    builder: Builder
    running: list[RunningService]
    # By name of the service.
    environments: dict[str, Environment]
    smoke_log: Log
    releases: dict[str, Release] = field(default_factory=dict)
    start_timeout: float = START_TIMEOUT

    @property
    def web_services(self) -> list[RunningService]:
        return [running for running in self.running if running.service.type == "web"]

    async def build(self, running: RunningService) -> Release:
        service = running.service
        variables = self.environments[service.name]
        build = await self.builder.build(service, variables, running.log)
        default = render.default_variables(service.plan, service.runtime)
        return Release(build, {**default, **variables}, service.start, service.pre_deploy)

    @property
    def project(self) -> Path:
        """The build of the first web service."""
        return self.releases[self.web_services[0].service.name].build.source

    @property
    def public_ports(self) -> dict[str, int]:
        return {running.host: running.proxy.port for running in self.web_services if running.proxy}

    def in_random_order(self) -> list[RunningService]:
        return self.random.sample(self.running, len(self.running))

    async def deploy_all(self, overlap: float = 0) -> None:
        """In parallel and random order, as on Render. The first failure is raised when all have ended."""
        deploys = [
            self.deploy(running, self.random.uniform(0, MAX_START_DELAY), overlap) for running in self.in_random_order()
        ]
        ended = await asyncio.gather(*deploys, return_exceptions=True)
        failures = [error for error in ended if isinstance(error, BaseException)]
        for failure in failures[1:]:
            if isinstance(failure, Failure):
                self.report.add_failure(str(failure), failure.hint, failure.last_lines)
        if failures:
            raise failures[0]

    async def deploy(self, running: RunningService, delay: float, overlap: float) -> None:
        await asyncio.sleep(delay)
        release = self.releases[running.service.name] = await self.build(running)
        if release.pre_deploy:
            await running.run_pre_deploy(release)
        await running.deploy(release, self.start_timeout, overlap)


@asynccontextmanager
async def start_rehearsal(
    blueprint: Blueprint, services: Sequence[Service], commit: str, folder: Path, report: Report, random: Random
) -> AsyncIterator[Rehearsal]:
    async with AsyncExitStack() as stack:
        with report.phase("databases") as phase:
            found = stack.enter_context(start_datastores(blueprint))
            phase.summary = ", ".join(found.server_names)
        secrets: list[str] = []
        running = [running_service(service, folder, report, secrets) for service in services]
        for one in running:
            if one.proxy:
                await one.proxy.open()
                stack.push_async_callback(one.proxy.close)
        environments = resolve(blueprint, endpoints(blueprint, running, found, commit))
        secrets += secret_values(blueprint, environments)
        builder = Builder(folder / "builds", blueprint.root, commit, found.count_all_tables, report)
        stack.push_async_callback(stop_everything, running, asyncio.create_task(watch_memory(running)))
        yield Rehearsal(
            report,
            random,
            builder,
            running,
            environments,
            Log(folder / "logs/smoke.log", secrets),
        )


def endpoints(blueprint: Blueprint, running: list[RunningService], found: Datastores, commit: str) -> Endpoints:
    proxies = {one.service.name: one.proxy for one in running if one.proxy}
    return Endpoints(
        databases=found.databases,
        stores=found.stores,
        addresses={name: f"https://{render.public_host(name)}" for name, proxy in proxies.items() if proxy.is_public},
        ports={name: proxy.port for name, proxy in proxies.items()},
        commit=commit,
        branch=git(blueprint.root, "rev-parse", "--abbrev-ref", "HEAD").strip(),
    )


def secret_values(blueprint: Blueprint, environments: dict[str, Environment]) -> list[str]:
    """Generated and entered values, and passwords."""
    values = {
        environments[service.name][variable.key]
        for service in blueprint.services
        for variable in declared(blueprint, service)
        if variable.generated or variable.ask or (variable.database and variable.database[1] == "password")
    }
    return [value for value in values if len(value) >= SECRET_LENGTH]


def running_service(service: Service, folder: Path, report: Report, secrets: list[str]) -> RunningService:
    proxy = {"web": WebProxy, "pserv": ServiceProxy}.get(service.type)
    return RunningService(
        service,
        log=Log(folder / "logs" / f"{service.name}.log", secrets),
        folder=folder / "run",
        report=report,
        memory_limit=render.plan(service.plan).memory * MEGABYTE,
        proxy=proxy() if proxy else None,
        host=render.public_host(service.name),
    )


async def stop_everything(running: list[RunningService], watch: asyncio.Task[None]) -> None:
    watch.cancel()
    await asyncio.gather(
        watch,
        *(one.stop(one.all_instances, min(STOP_TIMEOUT, one.service.stop_delay)) for one in running),
        return_exceptions=True,
    )


@contextmanager
def working_folder(root: Path, cold: bool) -> Iterator[Path]:
    """.rehearsal/ in the repository, ignored by git and locked for this rehearsal."""
    folder = root / ".rehearsal"
    folder.mkdir(exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(f"Another rehearsal is running in {folder}.") from None
        for left in ("run", "logs", *(["builds"] if cold else [])):
            shutil.rmtree(folder / left, ignore_errors=True)
        delete_old_builds(folder / "builds")
        try:
            yield folder
        finally:
            shutil.rmtree(folder / "run", ignore_errors=True)


def uncommitted_files(root: Path) -> list[str]:
    return [line[3:] for line in git(root, "status", "--porcelain").splitlines()]
