"""Rules for build, pre-deploy and start commands."""

from collections.abc import Iterator
from dataclasses import dataclass

from slipway.rehearse import render
from slipway.rehearse.errors import Problem
from slipway.rehearse.rules.repository import Repository, below
from slipway.rehearse.rules.resources import Resources, title
from slipway.rehearse.rules.shell import Command, Words
from slipway.rehearse.yaml_nodes import YamlNode

KEYS = ("buildCommand", "preDeployCommand", "startCommand")


SERVERS = ("gunicorn", "uvicorn", "daphne", "hypercorn", "granian", "waitress-serve", "runserver")
# They listen on all addresses by default.
LISTEN_ON_ALL = ("gunicorn", "waitress-serve")
BIND = "--bind 0.0.0.0:$PORT"


@dataclass(frozen=True)
class ServiceCommand:
    """A command of a service in the Blueprint."""

    service: YamlNode
    key: str
    command: Command

    @property
    def line(self) -> int:
        return self.service.line_of(self.key)

    @property
    def name(self) -> str:
        return f"the {self.key} of {title(self.service)}"


def service_commands(resources: Resources, repository: Repository) -> list[ServiceCommand]:
    return [
        ServiceCommand(service, key, Command(service.text_of(key), service.text_of("rootDir"), repository))
        for service in resources.services
        # Docker images have their own commands.
        if service.text_of("runtime") not in ("docker", "image")
        for key in KEYS
        if service.text_of(key)
    ]


def command_problems(resources: Resources, repository: Repository) -> Iterator[Problem]:
    found = service_commands(resources, repository)
    for use in found:
        yield from scripts(use, repository)
        yield from uv(use, repository)
    yield from migrations(found)
    yield from ports(found)


def scripts(use: ServiceCommand, repository: Repository) -> Iterator[Problem]:
    for script in use.command.scripts:
        if script.path not in repository:
            if not repository.ignores(script.path):
                hint = "Render service_commands committed files only: `git add` it, or correct its name"
                yield Problem(use.line, f"{use.name} runs {script.path}, which is not in git", hint)
        elif script.by_name and not repository.is_executable(script.path):
            hint = f"git update-index --chmod=+x {script.path}"
            yield Problem(use.line, f"{use.name} runs {script.path}, which is not executable in git", hint)


def uv(use: ServiceCommand, repository: Repository) -> Iterator[Problem]:
    if below(use.service.text_of("rootDir"), "uv.lock") in repository:
        return
    if any(words[0] in ("uv", "uvx") for words in use.command.all) and not brings_uv(use.command.all):
        hint = "commit uv.lock, so that Render installs uv, or use pip"
        yield Problem(use.line, f"{use.name} needs uv, which Render installs only if there is a uv.lock", hint)


def brings_uv(commands: list[Words]) -> bool:
    """Whether a command installs uv, or checks that it exists."""
    return any("uv" in words[1:] and ("install" in words or words[0] in ("-v", "which", "type")) for words in commands)


def migrations(found: list[ServiceCommand]) -> Iterator[Problem]:
    migrating = [use for use in found if any(migrates(words) for words in use.command.all)]
    for use in migrating:
        plan = use.service.text_of("plan", render.PLAN)
        if len(migrating) > 1:
            hint = "services deploy at the same time: migrate in one preDeployCommand only"
            yield Problem(use.line, f"{use.name} migrates, and others do too", hint)
        elif use.key != "preDeployCommand" and render.has_pre_deploy(plan):
            hint = "move it to the preDeployCommand: it runs once, after the build and before the new version starts"
            yield Problem(use.line, f"{use.name} migrates", hint)


def migrates(words: Words) -> bool:
    return "migrate" in words and any(word.endswith(("manage.py", "django-admin", "django")) for word in words)


def ports(found: list[ServiceCommand]) -> Iterator[Problem]:
    for use in found:
        if use.service.text_of("type") == "web" and use.key == "startCommand":
            for words in use.command.all:
                if server := server_in(words):
                    yield from port_problems(use, server, words)


def server_in(words: Words) -> str:
    """Also finds `python -m config.daphne`. The rehearsal itself checks unknown programs."""
    last_names = [word.rpartition("/")[2].rpartition(".")[2] for word in words[:4]]
    return next((name for name in last_names if name in SERVERS), "")


def port_problems(use: ServiceCommand, server: str, words: Words) -> Iterator[Problem]:
    text = " ".join(words)
    how = BIND if server == "gunicorn" else "its options for the host 0.0.0.0 and the port $PORT"
    if server == "gunicorn" and not any(word.startswith(("--bind", "-b")) for word in words):
        hint = (
            f"add `{BIND}`: GUNICORN_CMD_ARGS, which Render sets, overrides a config file, and only this overrides both"
        )
        yield Problem(use.line, f"{use.name} starts gunicorn without --bind", hint)
    elif not any(port in text for port in ("$PORT", "${PORT", str(render.PORT))):
        yield Problem(use.line, f"{use.name} starts {server} without Render's port", f"add {how}")
    elif "127.0.0.1" in text or "localhost" in text:
        yield Problem(use.line, f"{use.name} listens on localhost only", f"give it {how}")
    elif server not in LISTEN_ON_ALL and "0.0.0.0" not in text and "::" not in text:
        yield Problem(use.line, f"{use.name} listens on localhost only, the default of {server}", f"add {how}")
