"""Commands that would fail on Render, or do there what nobody wants."""

from collections.abc import Iterator
from dataclasses import dataclass

from slipway.rehearse import render
from slipway.rehearse.nodes import Node
from slipway.rehearse.problems import Problem
from slipway.rehearse.rules.repository import Repository, below
from slipway.rehearse.rules.resources import Resources, title
from slipway.rehearse.rules.shell import Command, Words

KEYS = ("buildCommand", "preDeployCommand", "startCommand")


@dataclass(frozen=True)
class Use:
    """A command, and where it is in the Blueprint."""

    service: Node
    key: str
    command: Command

    @property
    def line(self) -> int:
        return self.service.line_of(self.key)

    @property
    def name(self) -> str:
        return f"the {self.key} of {title(self.service)}"


def uses(resources: Resources, repository: Repository) -> list[Use]:
    return [
        Use(service, key, Command(service.text_of(key), service.text_of("rootDir"), repository))
        for service in resources.services
        # What runs in an image is not in the repository.
        if service.text_of("runtime") not in ("docker", "image")
        for key in KEYS
        if service.text_of(key)
    ]


def commands(found: list[Use], repository: Repository) -> Iterator[Problem]:
    for use in found:
        yield from scripts(use, repository)
        yield from uv(use, repository)
    yield from migrations(found)


def scripts(use: Use, repository: Repository) -> Iterator[Problem]:
    for script in use.command.scripts:
        if script.path not in repository:
            if not repository.ignores(script.path):
                hint = "Render has only what is committed: `git add` it, or mend its name"
                yield Problem(use.line, f"{use.name} runs {script.path}, which git does not know", hint)
        elif script.by_name and not repository.is_executable(script.path):
            hint = f"git update-index --chmod=+x {script.path}"
            yield Problem(use.line, f"{use.name} runs {script.path}, which is not executable in git", hint)


def uv(use: Use, repository: Repository) -> Iterator[Problem]:
    if below(use.service.text_of("rootDir"), "uv.lock") in repository:
        return
    if any(words[0] in ("uv", "uvx") for words in use.command.all) and not brings_uv(use.command.all):
        hint = "commit uv.lock, which makes Render install uv; or use pip"
        yield Problem(use.line, f"{use.name} needs uv, which Render has only beside a uv.lock", hint)


def brings_uv(commands: list[Words]) -> bool:
    """Or looks for it first."""
    return any("uv" in words[1:] and ("install" in words or words[0] in ("-v", "which", "type")) for words in commands)


def migrations(found: list[Use]) -> Iterator[Problem]:
    migrating = [use for use in found if any(migrates(words) for words in use.command.all)]
    for use in migrating:
        plan = use.service.text_of("plan", render.PLAN)
        if len(migrating) > 1:
            hint = "let one service do it, in its preDeployCommand: services deploy at the same time"
            yield Problem(use.line, f"{use.name} migrates, and so do others", hint)
        elif use.key != "preDeployCommand" and render.has_pre_deploy(plan):
            hint = "put it into the preDeployCommand: it runs once, when the build is good and before the new version"
            yield Problem(use.line, f"{use.name} migrates", hint)


def migrates(words: Words) -> bool:
    return "migrate" in words and any(word.endswith(("manage.py", "django-admin", "django")) for word in words)
