"""The steps of a rehearsal: builds, first deploy, smoke test, second deploy under load, failing deploys."""

import argparse
import asyncio
import secrets
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from slipway.rehearse import render
from slipway.rehearse.errors import Failure
from slipway.rehearse.instances import Release, RunningService
from slipway.rehearse.live_clients import Account, LiveClients, live_clients
from slipway.rehearse.load import LIGHT_PAUSE, Load, Target
from slipway.rehearse.processes import megabytes
from slipway.rehearse.rehearsal import Rehearsal
from slipway.rehearse.report import Report
from slipway.rehearse.smoke_test import run_smoke_test, smoke_command
from tools.servers import free_port

REQUESTS = 5000
# Seconds until the version that never becomes healthy is given up.
UNHEALTHY_TIMEOUT = 5
ADMIN_EMAIL = "rehearsal@example.com"


async def run_steps(rehearsal: Rehearsal, options: argparse.Namespace) -> None:
    report = rehearsal.report
    with report.phase("builds"):
        for running in rehearsal.in_random_order():
            await rehearsal.build(running)
    with report.phase("first deploy"):
        await rehearsal.deploy_all()
    with report.phase("smoke test") as phase:
        phase.summary = await smoke_test(rehearsal)
    if options.fast:
        report.info("--fast skips the second deploy under load and the failing deploys.")
    else:
        await second_deploy(rehearsal, options.path, options.requests, options.overlap)
        if rehearsal.web_services:
            await failing_deploys(rehearsal, options.path)
    for it in rehearsal.running:
        report.info(f"{it.service.name} used at most {megabytes(it.peak_memory)} of {megabytes(it.memory_limit)}.")


async def smoke_test(rehearsal: Rehearsal) -> str:
    if not rehearsal.web_services:
        return "skipped: no web service"
    command = smoke_command(rehearsal.project, rehearsal.public_ports)
    if not command:
        async with Load(targets(rehearsal, []), pause=LIGHT_PAUSE) as load:
            await load.until_sent(4 * len(load.targets))
        report_lost_requests(rehearsal.report, load)
        return "no tools/smoke.py: only requested the health paths and /"
    for line in await run_smoke_test(command, rehearsal.project, rehearsal.smoke_log):
        rehearsal.report.info(line)
    return ""


async def second_deploy(rehearsal: Rehearsal, paths: list[str], requests: int, overlap: float) -> None:
    with rehearsal.report.phase("second deploy under load") as phase:
        rehearsal.report.info(f"Old and new version overlap for {overlap:g} s here, {render.OVERLAP} s on Render.")
        async with live_clients(await admin_account(rehearsal)) as clients:
            if not clients:
                rehearsal.report.info("No WebSockets and tasks are tested: the site has no API for them.")
            async with Load(targets(rehearsal, paths)) as load:
                await rehearsal.deploy_all(overlap)
                if load.targets:
                    await load.until_sent(requests)
            live = await live_summary(rehearsal.report, clients) if clients else ""
        report_lost_requests(rehearsal.report, load)
        phase.summary = load.summary() + live


async def admin_account(rehearsal: Rehearsal) -> Account | None:
    """A superuser of a Django project; the database is deleted after the rehearsal."""
    if not rehearsal.web_services or not (rehearsal.project / "manage.py").exists():
        return None
    web = rehearsal.web_services[0]
    release = rehearsal.releases[web.service.name]
    password = secrets.token_urlsafe(20)
    user = {"DJANGO_SUPERUSER_EMAIL": ADMIN_EMAIL, "DJANGO_SUPERUSER_PASSWORD": password}
    release = replace(release, environment={**release.environment, **user})
    process = await web.run_once("create superuser", "python manage.py createsuperuser --noinput", release)
    return Account(web.host, rehearsal.public_ports, ADMIN_EMAIL, password) if process.exit_code == 0 else None


def targets(rehearsal: Rehearsal, paths: list[str]) -> list[Target]:
    found = []
    for running in rehearsal.web_services:
        assert running.proxy
        wanted = [running.service.health_path or "/", "/", *paths]
        found += [Target(running.host, running.proxy.port, path) for path in dict.fromkeys(wanted)]
    return found


def report_lost_requests(report: Report, load: Load) -> None:
    for reason, count in load.lost.most_common():
        report.add_failure(f"{count} requests were lost. {reason}")


async def live_summary(report: Report, clients: LiveClients) -> str:
    losses = await clients.finish()
    lost = {"WebSockets": losses.lost_websockets, "messages": losses.lost_messages, "tasks": losses.lost_tasks}
    for name, count in lost.items():
        if count:
            report.add_failure(f"{count} {name} were lost.")
    return (
        f", {losses.closed} WebSockets closed, {losses.lost_websockets} lost"
        f", {losses.tasks} tasks, {losses.lost_tasks} lost"
    )


async def failing_deploys(rehearsal: Rehearsal, paths: list[str]) -> None:
    """Each must fail, and keep the old version running."""
    running = rehearsal.web_services[0]
    release = rehearsal.releases[running.service.name]
    with rehearsal.report.phase("failing deploys") as phase:
        async with Load(targets(rehearsal, paths), pause=LIGHT_PAUSE) as load:
            await asyncio.gather(
                must_fail(running, "a build that fails", failing_build(rehearsal, running)),
                must_fail(running, "a version that never becomes healthy", unhealthy_version(running, release)),
            )
            if release.pre_deploy:
                failing = replace(release, pre_deploy=f"{release.pre_deploy}; exit 1")
                await must_fail(running, "a pre-deploy command that fails", running.run_pre_deploy(failing))
        report_lost_requests(rehearsal.report, load)
        phase.summary = f"the old version kept running. {load.summary()}"


async def failing_build(rehearsal: Rehearsal, running: RunningService) -> None:
    service = replace(running.service, build="echo This build fails on purpose.; exit 1")
    await rehearsal.builder.build(service, rehearsal.environments[service.name], running.log)


async def unhealthy_version(running: RunningService, release: Release) -> None:
    other_port = f"export PORT={free_port()} GUNICORN_CMD_ARGS=; {release.start}"
    await running.deploy(replace(release, start=other_port), timeout=UNHEALTHY_TIMEOUT)


async def must_fail(running: RunningService, what: str, deploy: Coroutine[Any, Any, None]) -> None:
    before = list(running.instances)
    try:
        await deploy
    except Failure:
        if running.instances == before:
            return
    raise Failure(f"A deploy with {what} replaced the old version of {running.service.name}.")
