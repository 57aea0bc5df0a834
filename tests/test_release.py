"""A release installs the locked packages, on the right Python, and starts the right processes."""

import re

import pytest
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from config.processes import PROCESSES, RELEASE
from tests.commands import ROOT, run

REQUIREMENTS = ROOT / "requirements"
LOCKS = sorted(path.stem for path in REQUIREMENTS.glob("*.in") if path.with_suffix(".txt").exists())


def requirements(name: str) -> list[Requirement]:
    """The requirements of a `.in` file and of the files that it includes. Addresses and options are left out."""
    found: list[Requirement] = []
    for line in (REQUIREMENTS / f"{name}.in").read_text().splitlines():
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        if included := re.fullmatch(r"-r (\S+)\.in", line):
            found += requirements(included[1])
        elif line:
            try:
                found.append(Requirement(line))
            except InvalidRequirement:
                continue
    return found


def locked(name: str) -> dict[str, set[str]]:
    """The locked versions of each package. A package may have one for each range of Pythons."""
    pins: dict[str, set[str]] = {}
    for package, version in re.findall(r"(?m)^([\w.-]+)==([^\s;]+)", (REQUIREMENTS / f"{name}.txt").read_text()):
        pins.setdefault(canonicalize_name(package), set()).add(version)
    return pins


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_locked(name: str) -> None:
    pins = locked(name)
    missing = [
        str(wanted)
        for wanted in requirements(name)
        if not any(wanted.specifier.contains(version) for version in pins.get(canonicalize_name(wanted.name), ()))
    ]

    assert not missing, f"requirements/{name}.txt does not lock {', '.join(missing)}: run bin/lock."


def test_development_and_production_use_the_same_versions() -> None:
    development, production = locked("development"), locked("production")
    different = [package for package, versions in production.items() if development.get(package) != versions]

    assert not different, f"The locks have different versions of {', '.join(different)}: run bin/lock."


def test_all_files_name_the_same_python() -> None:
    version = (ROOT / ".python-version").read_text().strip()
    names = {"runtime.txt": rf"(?m)^python-{version}\b"}
    # Docker
    names["Dockerfile"] = rf"(?m)^FROM python:{version}\b"

    wrong = [
        path
        for path, line in names.items()
        if (ROOT / path).exists() and not re.search(line, (ROOT / path).read_text())
    ]

    assert not wrong, f".python-version says {version}, and {', '.join(wrong)} another version: make them agree."


def test_the_procfile_starts_the_same_processes() -> None:
    lines = (ROOT / "Procfile").read_text().splitlines() if (ROOT / "Procfile").exists() else []
    started = dict(line.split(": ", 1) for line in lines if re.match(r"\w[\w-]*: ", line))
    wanted = {"release": RELEASE, **PROCESSES}
    different = [f"{name}: {command}" for name, command in wanted.items() if started.get(name) != command]

    assert not lines or not different, f"The Procfile and config/processes.py differ. Expected lines: {different}"


def test_a_release_is_built_without_any_secret() -> None:
    done = run("python", "manage.py", "collectstatic", "--dry-run", DJANGO_SETTINGS_MODULE="config.settings.build")

    assert done.returncode == 0, f"collectstatic must work without environment variables:\n{done.stderr}"
