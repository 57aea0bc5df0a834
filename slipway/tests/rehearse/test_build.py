import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from slipway.rehearse import interpreters, render
from slipway.rehearse.blueprint import Service
from slipway.rehearse.build import Build, Builder
from slipway.rehearse.errors import Failure
from slipway.rehearse.processes import Log
from slipway.rehearse.report import Report
from slipway.tests.rehearse.repositories import git, make_repository, write

OURS = ".".join(str(part) for part in sys.version_info[:2])
# Where a build counts itself, away from what it builds.
COUNTED = "echo built >> $TALLY; "


@dataclass
class Site:
    """A repository with one commit, and a builder for it."""

    folder: Path
    repository: Path
    log: Log
    report: Report
    tally: Path
    tables: int = 0

    def builder(self, tables: Callable[[], int] | None = None) -> Builder:
        builds = self.folder / "builds"
        return Builder(builds, self.repository, "HEAD", tables or (lambda: 0), self.report)

    def build(self, builder: Builder, command: str, name: str = "shop-web", root: str = "", **given: str) -> Build:
        environment = {"PYTHON_VERSION": OURS, "TALLY": str(self.tally), **given}
        self.bring_packages(builder, service(name, command, root), environment)
        return asyncio.run(builder.build(service(name, command, root), environment, self.log))

    def bring_packages(self, builder: Builder, built: Service, environment: dict[str, str]) -> None:
        """As a build for the database leaves them, which is made again: to install pip takes seconds each time."""
        folder = builder.folder / builder.key(built, interpreters.find(builder.version(built, environment)))
        if not folder.exists():
            pip = folder / "venv/bin/pip"
            pip.parent.mkdir(parents=True)
            pip.touch()
            (folder / "built.json").write_text(json.dumps({"uses_database": True}))

    def leave_half(self, builder: Builder, command: str) -> Path:
        folder = builder.folder / builder.key(service("shop-web", command), interpreters.find(OURS))
        (folder / "venv/bin").mkdir(parents=True)
        (folder / "venv/bin/pip").touch()
        return folder

    @property
    def times(self) -> int:
        return len(self.tally.read_text().splitlines()) if self.tally.exists() else 0


def service(name: str, command: str, root: str = "") -> Service:
    return Service(
        name=name,
        type="web",
        line=1,
        runtime="python",
        plan="starter",
        region="oregon",
        root_dir=root,
        build=command,
        start="true",
        pre_deploy="",
        health_path="",
        schedule="",
        stop_delay=5,
        instances=1,
        variables=[],
    )


def commit(repository: Path) -> None:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    git(repository, *identity, "commit", "--quiet", "--message=All of it")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    repository = tmp_path / "shop"
    repository.mkdir()
    make_repository(repository)
    write(repository, "api/name.txt", "the api\n")
    commit(repository)
    return Site(tmp_path, repository, Log(tmp_path / "logs/web.log", []), Report(), tmp_path / "tally")


def test_only_committed_files_are_built(site: Site) -> None:
    (site.repository / "manage.py").write_text("changed\n")
    (site.repository / "local.py").write_text("never added\n")
    build = site.build(site.builder(), "echo made > made.txt")

    assert (build.source / "manage.py").read_text() == "import django\n"
    assert sorted(path.name for path in build.source.iterdir()) == ["api", "build.sh", "made.txt", "manage.py"]
    assert not (site.repository / "made.txt").exists()


def test_a_build_gets_its_variables_and_ci(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_USER", "hunter2")
    command = 'echo "$CI,$MINE,${PORT-},${SECRET_OF_THE_USER-}" > values; echo $HOME > home'
    build = site.build(site.builder(), command, MINE="yes")

    assert (build.source / "values").read_text() == "true,yes,,\n"
    assert (build.source / "home").read_text().strip() == str(build.home)


def test_pip_settings_are_passed_to_a_build(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INPUT", "1")
    build = site.build(site.builder(), 'echo "$PIP_NO_INPUT" > values')

    assert (build.source / "values").read_text() == "1\n"


def test_a_service_is_built_in_its_root_dir(site: Site) -> None:
    build = site.build(site.builder(), "ls > listed", root="api")

    assert (build.source / "listed").read_text().split() == ["listed", "name.txt"]


def test_services_with_the_same_build_share_it(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    builder = site.builder()
    first = site.build(builder, COUNTED)
    second = site.build(builder, COUNTED, name="shop-worker")

    assert first == second
    assert site.times == 1
    assert "shop-worker uses the build of shop-web." in capsys.readouterr().out


def test_each_difference_makes_a_build_of_its_own(site: Site) -> None:
    builder = site.builder()
    one = service("shop-web", "true")
    write(site.repository, "manage.py", "import flask\n")
    python, other = interpreters.current(), replace(interpreters.current(), version="3.9.1")
    keys = {builder.key(one, python), builder.key(replace(one, build="false"), python)}
    keys |= {builder.key(replace(one, root_dir="api"), python), builder.key(one, other)}
    commit(site.repository)

    assert len(keys | {builder.key(one, python)}) == 5
    assert builder.key(replace(one, name="shop-worker"), python) in keys | {builder.key(one, python)}


def test_a_build_that_uses_the_database_runs_again_with_its_packages(site: Site) -> None:
    tables = iter([0, 1, 1, 1])
    builder = site.builder(lambda: next(tables))
    first = site.build(builder, COUNTED)
    (first.folder / "venv/kept").touch()
    (first.source / "left").touch()
    second = site.build(builder, COUNTED)

    assert first.uses_database
    assert site.times == 2
    assert (second.folder / "venv/kept").exists()
    assert not (second.source / "left").exists()


def test_a_finished_build_is_kept(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    first = site.build(site.builder(), COUNTED)
    second = site.build(site.builder(), COUNTED)

    assert first == second
    assert site.times == 1
    assert "shop-web uses the build of an earlier rehearsal." in capsys.readouterr().out


def test_a_failed_build_is_not_kept(site: Site) -> None:
    with pytest.raises(Failure, match="The build of shop-web failed with code 3"):
        site.build(site.builder(), "exit 3")

    assert list(site.folder.glob("builds/*/source"))
    assert not list(site.folder.glob("builds/*/built.json"))


def test_an_incomplete_build_starts_again_with_a_new_environment(site: Site) -> None:
    command = f"{COUNTED}which python pip > paths; python --version > values"
    half = site.leave_half(site.builder(), command)
    (half / "venv/left").touch()
    build = site.build(site.builder(), command)

    assert (build.folder, site.times) == (half, 1)
    assert not (half / "venv/left").exists()
    programs = [str(half / "venv/bin" / program) for program in ("python", "pip")]
    assert (build.source / "paths").read_text().split() == programs
    assert (build.source / "values").read_text().startswith(f"Python {OURS}.")


def test_a_failed_build_shows_its_last_lines(site: Site) -> None:
    with pytest.raises(Failure) as raised:
        site.build(site.builder(), "echo no such package >&2; exit 1")

    assert "no such package" in raised.value.last_lines


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        ("./deploy.sh --all", "git update-index --chmod=+x ./deploy.sh"),
        ("not-a-program", "Is its package in the requirements"),
    ],
)
def test_a_build_command_that_cannot_run_has_a_hint(command: str, hint: str, site: Site) -> None:
    write(site.repository, "deploy.sh", "#!/bin/sh\n")
    commit(site.repository)
    with pytest.raises(Failure) as raised:
        site.build(site.builder(), command)

    assert hint in raised.value.hint


def test_a_missing_python_version_is_reported_once(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    builder = site.builder()
    for name in ("shop-web", "shop-worker"):
        site.build(builder, "true", name=name, PYTHON_VERSION="4.7")

    output = capsys.readouterr().out
    assert output.count(f"Python 4.7 is not installed here: using {interpreters.current().version}.") == 1


def test_a_variable_overrides_the_python_version_file(site: Site) -> None:
    builder, web = site.builder(), service("shop-web", "true")
    assert builder.version(web, {}) == render.PYTHON

    write(site.repository, ".python-version", "3.11\n")
    commit(site.repository)
    assert builder.version(web, {}) == "3.11"
    assert builder.version(web, {"PYTHON_VERSION": "3.12.1"}) == "3.12.1"
    assert builder.version(replace(web, root_dir="api"), {}) == render.PYTHON


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a program in the place of a version manager, that says it is a Python of this version."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")

    def install(version: str) -> Path:
        program = tmp_path / ".pyenv/versions" / version / "bin/python3"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\necho {program}\necho {version}\n")
        program.chmod(0o755)
        return program

    return install


def test_the_exact_patch_version_is_preferred(installed: Callable[[str], Path]) -> None:
    installed("4.7.9")
    wanted = installed("4.7.2")

    assert interpreters.find("4.7.2") == interpreters.Python(wanted, "4.7.2")


def test_another_patch_is_better_than_another_minor_version(installed: Callable[[str], Path]) -> None:
    near = installed("4.7.9")
    installed("4.70.1")

    assert interpreters.find("4.7.2").program == near
    assert interpreters.find("4.7").program == near


def test_a_broken_shim_is_skipped(installed: Callable[[str], Path]) -> None:
    installed("4.7.9").write_text("#!/bin/sh\necho version 4.7.9 is not installed\nexit 127\n")

    assert interpreters.find("4.7") == interpreters.current()


def test_programs_in_the_home_folder_are_not_on_the_path(tmp_path: Path) -> None:
    folders = interpreters.path_with(tmp_path).split(":")

    assert folders[0] == str(tmp_path)
    assert not [folder for folder in folders[1:] if folder.startswith(str(Path.home()))]
