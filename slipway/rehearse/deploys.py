"""A second deploy while visitors ask without a pause, and deploys that go wrong: does anybody notice?"""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from slipway.rehearse import render
from slipway.rehearse.failures import Failure
from slipway.rehearse.instances import Release, Running
from slipway.rehearse.load import GENTLE_REST, Load, Target
from slipway.rehearse.stage import Stage
from slipway.rehearse.visits import Held, Smoke, holding
from tools.servers import free_port

REQUESTS = 5000
# Seconds until a version that never gets healthy is given up.
BROKEN_PATIENCE = 5


async def deploy_again(stage: Stage, smoke: Smoke | None, paths: list[str], requests: int, overlap: float) -> None:
    with stage.report.phase("second deploy under load") as phase:
        stage.report.say(f"Old and new overlap for {overlap:g} s here, and for {render.OVERLAP} s on Render.")
        async with holding(smoke) as held:
            if not held:
                stage.report.say("No smoke test holds WebSockets and tasks meanwhile: only requests are counted.")
            async with Load(targets(stage, paths)) as load:
                await stage.deploy_all(overlap)
                if load.targets:
                    await load.reaches(requests)
            sockets = await settle(stage, held) if held else ""
        count(stage, load)
        phase.words = load.told() + sockets


def targets(stage: Stage, paths: list[str]) -> list[Target]:
    found = []
    for running in stage.web:
        assert running.front
        wanted = [running.service.health_path or "/", "/", *paths]
        found += [Target(running.host, running.front.port, path) for path in dict.fromkeys(wanted)]
    return found


def count(stage: Stage, load: Load) -> None:
    for reason, times in load.lost.most_common():
        stage.report.finding(f"{times} requests were lost. {reason}")


async def settle(stage: Stage, held: Held) -> str:
    told = await held.settles()
    for what in ("sockets", "messages", "tasks"):
        if lost := told.get(f"lost_{what}"):
            stage.report.finding(f"{lost} {what} were lost.")
    return (
        f", {told.get('closed', 0)} WebSockets closed, {told.get('lost_sockets', 0)} lost"
        f", {told.get('tasks', 0)} tasks, {told.get('lost_tasks', 0)} lost"
    )


async def broken_deploys(stage: Stage, paths: list[str]) -> None:
    """Each must fail, and leave the old version as it is."""
    running = stage.web[0]
    release = stage.releases[running.service.name]
    with stage.report.phase("broken deploys") as phase:
        async with Load(targets(stage, paths), rest=GENTLE_REST) as load:
            # A build may be under way while another deploy is; the waiting is shared.
            both = await asyncio.gather(
                survives(running, "a build that fails", broken_build(stage, running)),
                survives(running, "health that never comes", never_well(running, release)),
            )
            tried = list(both)
            if release.pre_deploy:
                fails = replace(release, pre_deploy=f"{release.pre_deploy}; exit 1")
                tried.append(await survives(running, "a pre-deploy that fails", running.before(fails)))
        count(stage, load)
        phase.words = f"the old version outlived {', '.join(tried)}. {load.told()}"


async def broken_build(stage: Stage, running: Running) -> None:
    service = replace(running.service, build="echo This build is meant to fail.; exit 1")
    await stage.workshop.build(service, stage.environments[service.name], running.log)


async def never_well(running: Running, release: Release) -> None:
    elsewhere = f"export PORT={free_port()} GUNICORN_CMD_ARGS=; {release.start}"
    await running.deploy(replace(release, start=elsewhere), patience=BROKEN_PATIENCE)


async def survives(running: Running, trouble: str, deploy: Coroutine[Any, Any, None]) -> str:
    before = list(running.instances)
    try:
        await deploy
    except Failure:
        if running.instances == before:
            return trouble
    raise Failure(f"A deploy with {trouble} replaced the old version of {running.service.name}.")
