"""A service that runs here: its instances, its deploys, and restarts as on Render."""

import asyncio
import re
import shutil
from asyncio import sleep
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from slipway.rehearse import render
from slipway.rehearse.blueprint import Service
from slipway.rehearse.build import Build
from slipway.rehearse.errors import Failure
from slipway.rehearse.health import HealthResult, check_health
from slipway.rehearse.listener import LOCALHOST
from slipway.rehearse.processes import (
    Log,
    Process,
    clean_environment,
    megabytes,
    memory_of_process_trees,
    run_command,
)
from slipway.rehearse.proxy import Address, ServiceProxy
from slipway.rehearse.report import Report
from tools.servers import free_port

# Seconds. Render waits for 15 minutes.
START_TIMEOUT = 60
# Seconds after which a process without a port counts as started.
WORKER_START = 1.0
RESTARTS = 3
HEALTH_CHECK_INTERVAL = 0.2
MEMORY_CHECK_INTERVAL = 0.5
# Nothing here may be reachable from the network.
ALL_ADDRESSES = re.compile(r"\b0\.0\.0\.0\b")


@dataclass
class Release:
    """What a deploy starts."""

    build: Build
    environment: dict[str, str]
    start: str
    pre_deploy: str


@dataclass
class Instance:
    process: Process
    address: Address
    folder: Path
    restarter: asyncio.Task[None] | None = None


@dataclass
class RunningService:
    service: Service
    log: Log
    folder: Path
    report: Report
    memory_limit: int
    proxy: ServiceProxy | None = None
    host: str = ""
    # Those that get requests.
    instances: list[Instance] = field(default_factory=list)
    # Also those that are starting or stopping.
    all_instances: list[Instance] = field(default_factory=list)
    started: int = 0
    peak_memory: int = 0

    async def run_once(self, title: str, command: str, release: Release) -> Process:
        """Run a command in an instance of its own. The files that it writes are lost."""
        folder = self.new_folder(release)
        try:
            return await run_command(title, command, folder, self.environment(release, free_port()), self.log)
        finally:
            shutil.rmtree(folder)

    async def run_pre_deploy(self, release: Release) -> None:
        process = await self.run_once("pre-deploy", release.pre_deploy, release)
        if process.exit_code:
            raise Failure(
                f"The pre-deploy command of {self.service.name} failed with code {process.exit_code}.",
                last_lines=process.last_lines(),
            )

    async def deploy(self, release: Release, timeout: float = START_TIMEOUT, overlap: float = 0) -> None:
        """The old instances serve until the new ones are healthy, and stay if these never are."""
        new: list[Instance] = []
        try:
            for _ in range(self.service.instances):
                new.append(await self.start(release))
            await asyncio.gather(*(self.wait_until_healthy(instance, timeout) for instance in new))
        except BaseException:
            await self.stop(new, delay=0)
            raise
        old, self.instances = self.instances, new
        if self.proxy:
            self.proxy.route_to([instance.address for instance in new])
        for instance in new:
            instance.restarter = asyncio.create_task(self.restart_when_it_ends(instance, release))
        if old:
            await sleep(overlap)
            await self.stop_old(old)

    async def start(self, release: Release) -> Instance:
        folder = self.new_folder(release)
        port = free_port()
        process = await self.start_process(release, folder, port)
        instance = Instance(process, (LOCALHOST, port), folder)
        self.all_instances.append(instance)
        return instance

    async def start_process(self, release: Release, folder: Path, port: int) -> Process:
        command = ALL_ADDRESSES.sub(LOCALHOST, release.start)
        return await Process.start("start", command, folder, self.environment(release, port), self.log)

    def new_folder(self, release: Release) -> Path:
        """Each instance has its own copy of the build."""
        self.started += 1
        folder = self.folder / f"{self.service.name}-{self.started}"
        shutil.copytree(release.build.source, folder, symlinks=True)
        return folder

    def environment(self, release: Release, port: int) -> dict[str, str]:
        home = self.folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        instance = render.instance_variables(port, f"{self.service.name}-{self.started}", LOCALHOST)
        # Two instances cannot share a port here, even if the Blueprint sets one.
        return clean_environment({**instance, **release.environment, "PORT": str(port)}, home, release.build.path)

    async def wait_until_healthy(self, instance: Instance, timeout: float) -> None:
        deadline = monotonic() + timeout
        worker_started = monotonic() + WORKER_START
        result = HealthResult(False)
        while instance.process.is_running and monotonic() < deadline:
            if self.proxy:
                result = await check_health(instance.address, self.host, self.service.health_path)
            elif monotonic() > worker_started:
                return
            if result.healthy:
                return
            if result.permanent:
                break
            await sleep(HEALTH_CHECK_INTERVAL)
        if not instance.process.is_running:
            raise Failure(
                f"{self.service.name} ended with code {instance.process.exit_code} instead of starting.",
                last_lines=instance.process.last_lines(),
            )
        path = f" at {self.service.health_path}" if self.service.health_path else ""
        raise Failure(
            f"{self.service.name} is not healthy{path}: {result.message}.",
            hint=result.hint,
            last_lines=instance.process.last_lines(),
        )

    async def restart_when_it_ends(self, instance: Instance, release: Release) -> None:
        for restarts in range(RESTARTS + 1):
            code = await instance.process.wait()
            self.report.add_failure(
                f"{self.service.name} ended by itself, with code {code}."
                + (" It is restarted." if restarts < RESTARTS else " It is not restarted again."),
                last_lines=instance.process.last_lines(),
            )
            if restarts < RESTARTS:
                await sleep(restarts)
                instance.process = await self.start_process(release, instance.folder, instance.address[1])

    async def enforce_memory_limit(self, instance: Instance, memory: int) -> None:
        self.peak_memory = max(self.peak_memory, memory)
        if memory > self.memory_limit and instance.process.is_running:
            self.report.add_failure(
                f"{self.service.name} used {megabytes(memory)}, but its plan has {megabytes(self.memory_limit)}: "
                "killed, as on Render.",
                hint="Look for a memory leak, run fewer workers in it, or choose a larger plan.",
            )
            await instance.process.kill()

    async def stop_old(self, old: list[Instance]) -> None:
        if not await self.stop(old, self.service.stop_delay):
            self.report.add_failure(
                f"{self.service.name} still ran {self.service.stop_delay} s after SIGTERM, and was killed.",
                hint="Does its start command forward signals? Put exec before the last of several commands.",
            )

    async def stop(self, instances: list[Instance], delay: float) -> bool:
        """Whether SIGTERM was enough for all of them."""
        restarters = [instance.restarter for instance in instances if instance.restarter]
        for restarter in restarters:
            restarter.cancel()
        # A restart may be in progress.
        await asyncio.gather(*restarters, return_exceptions=True)
        stopped = await asyncio.gather(*(instance.process.stop(delay) for instance in instances))
        for instance in instances:
            shutil.rmtree(instance.folder, ignore_errors=True)
        self.all_instances = [instance for instance in self.all_instances if instance not in instances]
        return all(stopped)


async def watch_memory(services: list[RunningService]) -> None:
    while True:
        instances = [(running, instance) for running in services for instance in running.all_instances]
        pids = [instance.process.supervisor.pid for _, instance in instances]
        memory = await asyncio.to_thread(memory_of_process_trees, pids)
        for running, instance in instances:
            await running.enforce_memory_limit(instance, memory.get(instance.process.supervisor.pid, 0))
        await sleep(MEMORY_CHECK_INTERVAL)
