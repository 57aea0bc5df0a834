"""What Render does with a Blueprint's services, as far as a rehearsal can do it too."""

# On Render a service listens on all addresses; nothing listens because of this module.

import re
from typing import NamedTuple

# Where a service listens on Render. In a rehearsal each instance has a port of its own.
PORT = 10000

# Seconds that the old version lives on after the traffic has moved, workers too: two beats run side by side.
OVERLAP = 60
# Seconds between SIGTERM and SIGKILL, unless the service says otherwise.
STOP_DELAY = 30
LONGEST_STOP_DELAY = 300

# Where a Blueprint names none.
REGION = "oregon"
PLAN = "starter"
DATABASE_PLAN = "basic-256mb"
POLICY = "allkeys-lru"
# Keeps what it has when memory is full, and so loses no task.
BROKER_POLICY = "noeviction"

LISTENING = ("web", "pserv")
EXTERNAL = ("web",)


class Plan(NamedTuple):
    memory: int
    """In MB."""
    cpu: float


PLANS = {
    "free": Plan(512, 0.1),
    "starter": Plan(512, 0.5),
    "standard": Plan(2048, 1),
    "pro": Plan(4096, 2),
    "pro plus": Plan(8192, 4),
    "pro max": Plan(16384, 4),
    "pro ultra": Plan(32768, 8),
}


def plan(name: str) -> Plan:
    """Newer plans tell their size in their name, like 0.5c-512mb and 2c-4g."""
    if name in PLANS:
        return PLANS[name]
    if not (size := re.fullmatch(r"([\d.]+)c-(\d+)(mb|g)", name)):
        raise ValueError(f"no plan of Render's is called {name}")
    cpu, memory, unit = size.groups()
    return Plan(int(memory) * (1024 if unit == "g" else 1), float(cpu))


def has_pre_deploy(plan: str) -> bool:
    return plan != "free"


def allows(plan: str, type: str) -> bool:
    """Only web services, databases and Key Value have a free plan."""
    return plan != "free" or type == "web"


def public_host(name: str) -> str:
    """Without the letters that Render adds when somebody else has the name already."""
    return f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.onrender.com"


def told(*, name: str, address: str, commit: str, branch: str) -> dict[str, str]:
    """What Render tells each service of itself; nobody can set these. Workers have no address."""
    return {
        "RENDER": "true",
        "IS_PULL_REQUEST": "false",
        "RENDER_SERVICE_NAME": name,
        "RENDER_GIT_COMMIT": commit,
        "RENDER_GIT_BRANCH": branch,
        "RENDER_EXTERNAL_URL": address,
        "RENDER_EXTERNAL_HOSTNAME": re.sub(r"^\w+://|[:/].*$", "", address),
    }


def defaults(plan_name: str, runtime: str) -> dict[str, str]:
    """What Render gives a running service that says nothing else itself."""
    if runtime != "python":
        return {}
    return {
        # One process for each CPU.
        "WEB_CONCURRENCY": str(max(1, int(plan(plan_name).cpu))),
        # gunicorn believes every proxy: nobody else can reach it.
        "FORWARDED_ALLOW_IPS": "*",
    }


def of_instance(port: int, instance: str, host: str = "0.0.0.0") -> dict[str, str]:
    """What differs between the instances of one service."""
    return {
        "RENDER_INSTANCE_ID": instance,
        "PORT": str(port),
        # They beat a config file, and are beaten by the command line.
        "GUNICORN_CMD_ARGS": f"--preload --access-logfile - --bind={host}:{port}",
    }


# Others may refer to them without their being declared.
TOLD = frozenset(told(name="", address="", commit="", branch=""))
SET_BY_RENDER = TOLD | defaults(PLAN, "python").keys() | of_instance(PORT, "").keys()
# While it builds, a service has neither port nor instance.
WHILE_BUILDING = {"CI": "true"}
PYTHON = "3.14"


def python_version(variable: str | None, file: str | None) -> str:
    """PYTHON_VERSION (x.y.z) beats .python-version (the patch may be missing) beats Render's own choice."""
    return (variable or file or PYTHON).strip()
