"""Starts PostgreSQL and Redis for a test run, and lists the tests that are skipped without them.

`-p tests.services` loads it before Django reads the settings. SERVICES=none starts no server.
If DATABASE_URL or REDIS_URL is set, that server is used.
"""

import os
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tools.places import ServicesError
from tools.servers import SERVERS
from tools.services import running

SCHEMES = {"postgres": ("postgres:", "postgresql:"), "redis": ("redis:", "rediss:", "unix:")}
SKIPPED = "needs a real"
services_key = pytest.StashKey[dict]()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    for mark, server in SERVERS.items():
        early_config.addinivalue_line("markers", f"{mark}: needs a real {server.name}.")
    if runs_no_tests(early_config):
        return
    # The workers of pytest-xdist inherit the addresses from the process that starts them.
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        use_own_database(worker)
        return
    given = [mark for mark, server in SERVERS.items() if os.environ.get(server.variable)]
    services = {"given": [SERVERS[mark].variable for mark in given], "started": [], "missing": {}}
    early_config.stash[services_key] = services
    if wanted := [mark for mark in SERVERS if mark not in given]:
        services |= start(early_config, wanted)


def pytest_report_header(config: pytest.Config) -> list[str]:
    services = config.stash.get(services_key, None)
    if services is None:
        return []
    used = [f"{name} from the environment" for name in services["given"]]
    if services["started"]:
        used.insert(0, f"{' and '.join(services['started'])}, started for this run")
    return [*missing_lines(services["missing"]), *([f"services: {'; '.join(used)}"] if used else [])]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark, server in SERVERS.items():
            if item.get_closest_marker(mark) and not reachable(mark):
                item.add_marker(pytest.mark.skip(f"{SKIPPED} {server.name}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    services = config.stash.get(services_key, None)
    skipped = [
        report.nodeid
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple | list) and SKIPPED in report.longrepr[2]
    ]
    if services and (services["missing"] or skipped):
        terminalreporter.section("services", red=True, bold=True)
        for line in missing_lines(services["missing"]):
            terminalreporter.line(line, red=True, bold=True)
        for name in sorted(skipped):
            terminalreporter.line(f"NOT TESTED {name}")


def runs_no_tests(config: pytest.Config) -> bool:
    options = ["collectonly", "help", "version", "markers", "cacheshow", "setupplan"]
    options += ["showfixtures", "show_fixtures_per_test"]
    return any(getattr(config.known_args_namespace, name, None) for name in options)


def start(config: pytest.Config, wanted: list[str]) -> dict:
    with ExitStack() as stack:
        try:
            services = stack.enter_context(running(only=wanted))
        except ServicesError as error:
            raise pytest.UsageError(f"{error}\nSERVICES=none runs the tests without it.") from None
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        for name in services.keys() & {server.variable for server in SERVERS.values()}:
            environment.setenv(name, services[name])
        config.add_cleanup(stack.pop_all().close)
    return services


def use_own_database(worker: str) -> None:
    """Redis has 16 databases. Each worker uses its own, because tests empty it."""
    if address := os.environ.get("REDIS_URL"):
        number = int(worker.removeprefix("gw")) % 16
        os.environ["REDIS_URL"] = urlsplit(address)._replace(path=f"/{number}").geturl()


def missing_lines(missing: dict[str, str]) -> list[str]:
    return [f"NO {name.upper()}: {sentence}" for name, sentence in missing.items()]


def reachable(mark: str) -> bool:
    return os.environ.get(SERVERS[mark].variable, "").startswith(SCHEMES[mark])
