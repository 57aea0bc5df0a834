"""Facts about Render: plans, defaults, limits and the variables that it sets."""

import re
from typing import NamedTuple

# The port of a service on Render. In a rehearsal each instance has its own.
PORT = 10000

# Seconds that the old version keeps running after the switch, workers too: two beats run at the same time.
OVERLAP = 60
# Seconds between SIGTERM and SIGKILL, unless the service says otherwise.
STOP_DELAY = 30
LONGEST_STOP_DELAY = 300

# Defaults
REGION = "oregon"
PLAN = "starter"
DATABASE_PLAN = "basic-256mb"
POLICY = "allkeys-lru"
# Evicts nothing when memory is full, so no task is lost.
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
    """Newer plans have their size in the name, such as 0.5c-512mb and 2c-4g."""
    if name in PLANS:
        return PLANS[name]
    if not (size := re.fullmatch(r"([\d.]+)c-(\d+)(mb|g)", name)):
        raise ValueError(f"Render has no plan {name}")
    cpu, memory, unit = size.groups()
    return Plan(int(memory) * (1024 if unit == "g" else 1), float(cpu))


def has_pre_deploy(plan: str) -> bool:
    return plan != "free"


def allows(plan: str, type: str) -> bool:
    """Only web services, databases and Key Value stores have a free plan."""
    return plan != "free" or type == "web"


def public_host(name: str) -> str:
    """Render adds letters if the name is taken; they are unknown here."""
    return f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.onrender.com"


def render_variables(*, name: str, address: str, commit: str, branch: str) -> dict[str, str]:
    """Variables that Render sets and a Blueprint cannot change. Workers have no address."""
    return {
        "RENDER": "true",
        "IS_PULL_REQUEST": "false",
        "RENDER_SERVICE_NAME": name,
        "RENDER_GIT_COMMIT": commit,
        "RENDER_GIT_BRANCH": branch,
        "RENDER_EXTERNAL_URL": address,
        "RENDER_EXTERNAL_HOSTNAME": re.sub(r"^\w+://|[:/].*$", "", address),
    }


def default_variables(plan_name: str, runtime: str) -> dict[str, str]:
    """Variables of a running service that it can override."""
    if runtime != "python":
        return {}
    return {
        # One process for each CPU.
        "WEB_CONCURRENCY": str(max(1, int(plan(plan_name).cpu))),
        # gunicorn trusts every proxy: no one else can reach it.
        "FORWARDED_ALLOW_IPS": "*",
    }


def instance_variables(port: int, instance: str, host: str = "0.0.0.0") -> dict[str, str]:
    """Variables that differ between the instances of a service."""
    return {
        "RENDER_INSTANCE_ID": instance,
        "PORT": str(port),
        # These override a config file; the command line overrides these.
        "GUNICORN_CMD_ARGS": f"--preload --access-logfile - --bind={host}:{port}",
    }


# Other services can refer to these without a declaration.
RENDER_VARIABLES = frozenset(render_variables(name="", address="", commit="", branch=""))
SET_BY_RENDER = RENDER_VARIABLES | default_variables(PLAN, "python").keys() | instance_variables(PORT, "").keys()
# A build has no port and no instance.
BUILD_VARIABLES = {"CI": "true"}
PYTHON = "3.14"


def python_version(variable: str | None, file: str | None) -> str:
    """PYTHON_VERSION (x.y.z) overrides .python-version (the patch may be missing), which overrides Render's default."""
    return (variable or file or PYTHON).strip()


# Plans by kind of resource
def plan_names(*lines: str) -> tuple[str, ...]:
    """Separated by spaces; an underscore stands for a space."""
    return tuple(word.replace("_", " ") for line in lines for word in line.split())


BY_SIZE = plan_names("0.5c-512mb 1c-2g 2c-4g 2c-8g 2c-16g 4c-8g 4c-16g 4c-32g 8c-16g 8c-32g 8c-64g")
CRON_PLANS = plan_names("starter standard pro pro_plus") + BY_SIZE
SERVER_PLANS = (
    plan_names("free starter standard pro pro_plus pro_max pro_ultra") + BY_SIZE + plan_names("12c-24g 12c-48g 12c-96g")
)
STORE_PLANS = plan_names("free starter standard pro pro_plus pro_max pro_ultra 256mb 1g 3g 5g 10g 20g 40g 50g")
DATABASE_PLANS = plan_names(
    "free basic-256mb basic-1gb basic-4gb",
    "pro-4gb pro-8gb pro-16gb pro-32gb pro-64gb pro-128gb pro-192gb pro-256gb pro-384gb pro-512gb",
    "accelerated-16gb accelerated-32gb accelerated-64gb accelerated-128gb accelerated-256gb accelerated-384gb",
    "accelerated-512gb accelerated-768gb accelerated-1024gb",
    "0.1c-256mb 0.5c-1g 1c-2g 1c-4g 2c-4g 2c-8g 2c-16g 4c-16g 4c-32g 8c-32g 8c-64g 16c-64g 16c-128g 32c-128g",
    "32c-256g 48c-192g 48c-384g 64c-256g 64c-512g 96c-384g 96c-768g 128c-512g 128c-1024g",
    # Old plans: existing databases keep them.
    "starter standard pro pro_plus",
)
