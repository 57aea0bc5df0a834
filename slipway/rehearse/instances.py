"""One service as it runs here: its instances, one deploy after the other, and what Render does when one ends."""

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
from slipway.rehearse.failures import Failure
from slipway.rehearse.memory import MEGABYTE, of_families
from slipway.rehearse.probe import Verdict, probe
from slipway.rehearse.processes import Log, Process, clean, code, run
from slipway.rehearse.proxy import HERE, Address, Front
from slipway.rehearse.report import Report
from tools.servers import free_port

# Seconds that a start may take; Render waits for 15 minutes.
PATIENCE = 60
# A process without a port counts as started when it has lived for this long.
SETTLED = 1.0
RESTARTS = 3
BETWEEN_PROBES = 0.2
BETWEEN_LOOKS = 0.5
# Nobody else on the network is meant to see what runs here.
EVERYWHERE = re.compile(r"\b0\.0\.0\.0\b")


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
    # Starts the next when its process has ended.
    guard: asyncio.Task[None] | None = None


@dataclass
class Running:
    """A service of the Blueprint."""

    service: Service
    log: Log
    folder: Path
    report: Report
    limit: int
    front: Front | None = None
    host: str = ""
    # Those that visitors reach, and with them all that begin or end just now.
    instances: list[Instance] = field(default_factory=list)
    alive: list[Instance] = field(default_factory=list)
    started: int = 0
    peak: int = 0

    async def before(self, release: Release) -> None:
        """The command that runs once, elsewhere: the files that it writes are lost."""
        folder = self.new_folder(release)
        try:
            process = await run(
                "pre-deploy", release.pre_deploy, folder, self.surroundings(release, free_port()), self.log
            )
        finally:
            shutil.rmtree(folder)
        if code(process):
            raise Failure(
                f"The pre-deploy command of {self.service.name} failed with code {code(process)}.",
                last_words=process.last_words(),
            )

    async def deploy(self, release: Release, patience: float = PATIENCE, overlap: float = 0) -> None:
        """The old instances serve until the new ones are well, and stay if these never are."""
        new: list[Instance] = []
        try:
            for _ in range(self.service.instances):
                new.append(await self.start(release))
            await asyncio.gather(*(self.becomes_well(instance, patience) for instance in new))
        except BaseException:
            await self.stop(new, delay=0)
            raise
        old, self.instances = self.instances, new
        if self.front:
            self.front.switch([instance.address for instance in new])
        for instance in new:
            instance.guard = asyncio.create_task(self.guard(instance, release))
        if old:
            await sleep(overlap)
            await self.retire(old)

    async def start(self, release: Release) -> Instance:
        folder = self.new_folder(release)
        port = free_port()
        process = await self.launch(release, folder, port)
        instance = Instance(process, (HERE, port), folder)
        self.alive.append(instance)
        return instance

    async def launch(self, release: Release, folder: Path, port: int) -> Process:
        command = EVERYWHERE.sub(HERE, release.start)
        return await Process.start("start", command, folder, self.surroundings(release, port), self.log)

    def new_folder(self, release: Release) -> Path:
        """Each has files of its own, with nothing in them but what the build left."""
        self.started += 1
        folder = self.folder / f"{self.service.name}-{self.started}"
        shutil.copytree(release.build.source, folder, symlinks=True)
        return folder

    def surroundings(self, release: Release, port: int) -> dict[str, str]:
        home = self.folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        given = render.of_instance(port, f"{self.service.name}-{self.started}", HERE)
        # Two instances cannot share a port here, whatever the Blueprint says.
        return clean({**given, **release.environment, "PORT": str(port)}, home, release.build.path)

    async def becomes_well(self, instance: Instance, patience: float) -> None:
        deadline = monotonic() + patience
        verdict = Verdict(False)
        settled = monotonic() + SETTLED
        while instance.process.runs and monotonic() < deadline:
            if self.front:
                verdict = await probe(instance.address, self.host, self.service.health_path)
            elif monotonic() > settled:
                return
            if verdict.well:
                return
            if verdict.final:
                break
            await sleep(BETWEEN_PROBES)
        if not instance.process.runs:
            raise Failure(
                f"{self.service.name} ended with code {code(instance.process)} instead of starting.",
                last_words=instance.process.last_words(),
            )
        path = f" at {self.service.health_path}" if self.service.health_path else ""
        raise Failure(
            f"{self.service.name} is not healthy{path}: {verdict.words}.",
            hint=verdict.hint,
            last_words=instance.process.last_words(),
        )

    async def guard(self, instance: Instance, release: Release) -> None:
        """Starts it again when it ends by itself, as Render does, but not for ever."""
        for again in range(RESTARTS + 1):
            status = await instance.process.ends()
            self.report.finding(
                f"{self.service.name} ended by itself, with code {status}."
                + (" It is started again." if again < RESTARTS else " It is not started again."),
                last_words=instance.process.last_words(),
            )
            if again < RESTARTS:
                await sleep(again)
                instance.process = await self.launch(release, instance.folder, instance.address[1])

    async def takes(self, instance: Instance, memory: int) -> None:
        self.peak = max(self.peak, memory)
        if memory > self.limit and instance.process.runs:
            self.report.finding(
                f"{self.service.name} took {megabytes(memory)}, and its plan has {megabytes(self.limit)}: "
                "killed, as on Render.",
                hint="Look for a leak, run fewer workers in it, or choose a larger plan.",
            )
            await instance.process.kill()

    async def retire(self, old: list[Instance]) -> None:
        """As a deploy does."""
        if not await self.stop(old, self.service.stop_delay):
            self.report.finding(
                f"{self.service.name} still ran {self.service.stop_delay} s after SIGTERM, and was killed.",
                hint="Does its start command hand signals on? Put exec before the last command of several.",
            )

    async def stop(self, instances: list[Instance], delay: float) -> bool:
        """Whether all of them went by themselves."""
        guards = [instance.guard for instance in instances if instance.guard]
        for guard in guards:
            guard.cancel()
        # One may be starting the next just now.
        await asyncio.gather(*guards, return_exceptions=True)
        went = await asyncio.gather(*(instance.process.stop(delay) for instance in instances))
        for instance in instances:
            shutil.rmtree(instance.folder, ignore_errors=True)
        self.alive = [instance for instance in self.alive if instance not in instances]
        return all(went)


async def watch_memory(services: list[Running]) -> None:
    while True:
        instances = [(running, instance) for running in services for instance in running.alive]
        taken = await asyncio.to_thread(of_families, [instance.process.leash.pid for _, instance in instances])
        for running, instance in instances:
            await running.takes(instance, taken.get(instance.process.leash.pid, 0))
        await sleep(BETWEEN_LOOKS)


def megabytes(size: float) -> str:
    return f"{size / MEGABYTE:.0f} MB"
