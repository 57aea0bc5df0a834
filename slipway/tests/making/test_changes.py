"""`bin/template add`, `remove`, `rename`, `update` and `status`: changes that git merges."""

import os
import subprocess
from itertools import permutations
from pathlib import Path

import pytest

from slipway import record
from slipway.answers import CATALOGUE, FEATURES
from slipway.tests.making.checkouts import clone, commit, contents, differing, done, git, run
from tests.commands import ROOT

pytestmark = pytest.mark.slow

USER = {f"GIT_{role}_{field}": "ada@example.com" for role in ("AUTHOR", "COMMITTER") for field in ("NAME", "EMAIL")}


def template_command(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    cache = str(folder.parent / "cache")
    return run(folder, "bin/template", *arguments, XDG_CACHE_HOME=cache, **USER, **environment)


def change(folder: Path, *arguments: str) -> str:
    """Make a change, merge its branch, and return the output."""
    result = template_command(folder, *arguments)
    assert result.returncode == 0, result.stdout + result.stderr
    branch = git(folder, "branch", "--show-current")
    if branch != "main":
        git(folder, "switch", "--quiet", "main")
        git(folder, "merge", "--quiet", branch)
        git(folder, "branch", "--quiet", "--delete", branch)
    return result.stdout


def made(template: Path, folder: Path, *options: str) -> Path:
    done(template, "python", "-m", "slipway", "new", folder, "--yes", "--name=My Site", *options)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def append(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    before = (folder / path).read_text() if (folder / path).exists() else ""
    (folder / path).write_text(before + text)


def needing(feature: str) -> list[str]:
    """The features that are removed with this one, because they need it."""
    return [key for key in FEATURES if feature in CATALOGUE.features[key].needs]


# Add and remove


def test_a_removed_feature_leaves_what_a_project_without_it_has(template: Path, copy: Path, tmp_path: Path) -> None:
    change(copy, "remove", "celery", "sentry")

    assert differing(copy, made(template, tmp_path / "made", "--without=celery", "--without=sentry")) == []
    assert not (copy / "apps/tasks").exists()


@pytest.mark.parametrize("feature", FEATURES)
def test_remove_then_add_changes_nothing(project: Path, copy: Path, feature: str) -> None:
    change(copy, "remove", feature)
    removed = differing(copy, project)
    change(copy, "add", feature, *needing(feature))

    assert "pyproject.toml" in removed
    assert differing(copy, project) == []


@pytest.mark.parametrize("order", list(permutations(["celery", "channels", "render"]))[::2], ids=" ".join)
def test_the_order_of_changes_does_not_matter(
    template: Path, project: Path, copy: Path, tmp_path: Path, order: list[str]
) -> None:
    for feature in order:
        change(copy, "remove", feature)
    expected = made(template, tmp_path / "made", *(f"--without={feature}" for feature in order))
    assert differing(copy, expected) == []

    for feature in order:
        change(copy, "add", feature, *needing(feature))
    assert differing(copy, project) == []


def test_all_features_can_be_removed_and_added_at_once(
    template: Path, project: Path, copy: Path, tmp_path: Path
) -> None:
    change(copy, "remove", *FEATURES)
    assert differing(copy, made(template, tmp_path / "made", *(f"--without={key}" for key in FEATURES))) == []

    change(copy, "add", *FEATURES)
    assert differing(copy, project) == []


def test_adding_lists_the_new_environment_variables(copy: Path) -> None:
    change(copy, "remove", "sentry")

    output = change(copy, "add", "sentry")

    assert "New environment variables, described in .env.example:\n  SENTRY_DSN\n" in output


def test_removing_lists_tables_uses_and_packages_that_stay(copy: Path) -> None:
    append(copy, "apps/bookings/views.py", "# Celery\nfrom apps.tasks.models import PeriodicRun\n")
    append(copy, "apps/api/urls.py", "import apps.tasks.schedule\n")
    commit(copy)

    output = change(copy, "remove", "celery")

    assert "python manage.py migrate tasks zero\n" in output

    assert "  apps/bookings/views.py:2: apps.tasks\n" in output
    assert "  apps/api/urls.py:" in output
    # The template's own uses go with the feature.
    assert "config/celery.py" not in output


def test_a_dry_run_shows_the_difference_and_changes_nothing(project: Path, copy: Path) -> None:
    result = template_command(copy, "remove", "channels", "--dry-run")

    assert result.returncode == 0
    assert " | " in result.stdout
    assert "\ndiff --git a/apps/live/apps.py b/apps/live/apps.py\ndeleted file" in result.stdout
    assert differing(copy, project) == []
    assert git(copy, "branch", "--format=%(refname:short)") == "main"


def test_the_branch_has_one_commit_that_lists_the_features(copy: Path) -> None:
    began = git(copy, "rev-parse", "HEAD")

    template_command(copy, "remove", "celery")

    assert git(copy, "branch", "--show-current") == "remove-celery"
    assert git(copy, "rev-parse", "main") == git(copy, "rev-parse", "HEAD~1") == began
    assert git(copy, "log", "-1", "--format=%B").startswith("Remove Celery\n\n- removed apps/accounts/tasks.py\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["remove", "redis"], "There is no feature redis. The template at this commit has: celery, "),
        (["add", "celery"], "The project has Celery already."),
        (["rename", "🚀"], "The project slug must have 1 to 40 small letters and digits"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_argument_changes_nothing(project: Path, copy: Path, arguments: list[str], message: str) -> None:
    result = template_command(copy, *arguments)

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1
    assert differing(copy, project) == []


@pytest.mark.parametrize("path", ["untracked.txt", "README.md"])
def test_uncommitted_work_is_refused(copy: Path, path: str) -> None:
    append(copy, path, "mine")
    before = contents(copy)

    result = template_command(copy, "remove", "celery")

    assert result.returncode == 2
    assert result.stderr.startswith("There are uncommitted changes. Commit or stash them first:\n")
    assert path in result.stderr
    assert contents(copy) == before


# What users write


USER_FILES = {
    "apps/bookings/views.py": "# Render\ndef index(request):\n    # Render\n    return render(request, 'index.html')\n",
    "docs/invoices.md": "# Invoices\n\n## Rendering invoices\n\nWe send them over Slack channels.\n",
    "requirements/docs.txt": "mkdocs==1.6.1\n",
    ".github/workflows/nightly.yml": "name: Nightly\non: workflow_dispatch\n",
    "docker-compose.override.yml": "services:\n  search:\n    image: meilisearch\n",
}
USER_LINES = {
    "README.md": "\nOur tills keep a backup of the till in Slack channels. See https://github.com/ours/celery.\n",
    "pyproject.toml": '\n[tool.coverage.run]\nsource = ["apps"]\n',
    "apps/api/urls.py": 'urlpatterns += [path("v1/", include("apps.bookings.urls"))]\n',
    "requirements/production.txt": "zzz==1.0\n",
    "docs/api.md": "\n## Rendering invoices\n\nCelery does it.\n",
}


@pytest.fixture
def ours(copy: Path) -> Path:
    """A project with the user's own files, and lines in the template's."""
    for path, text in USER_FILES.items():
        append(copy, path, text)
    for path, text in USER_LINES.items():
        append(copy, path, text)
    settings = copy / "config/settings/base.py"
    head, tail = settings.read_text().split("INSTALLED_APPS = [\n")
    apps, rest = tail.split("\n]\n", 1)
    settings.write_text(f'{head}INSTALLED_APPS = [\n{apps}\n    "apps.bookings",\n]\n{rest}')
    commit(copy)
    return copy


@pytest.mark.parametrize("feature", FEATURES)
def test_what_the_user_wrote_is_never_changed(ours: Path, feature: str) -> None:
    change(ours, "remove", feature)

    for path, text in USER_FILES.items():
        assert (ours / path).read_text() == text
    for path, text in USER_LINES.items():
        assert (ours / path).read_text().endswith(text), path
    assert '    "apps.bookings",\n]' in (ours / "config/settings/base.py").read_text()


def test_services_of_the_user_survive_in_deployment_files(copy: Path) -> None:
    """At the end of the list, where people add them."""
    for path, end in (("render.yaml", "\ndatabases:\n"), ("docker-compose.yml", "\nvolumes:\n")):
        text = (copy / path).read_text()
        assert end in text, path
        (copy / path).write_text(text.replace(end, f"  # ours, the last of the list\n{end}", 1))
    commit(copy)

    for feature in ("celery", "channels"):
        change(copy, "remove", feature)

    for path in ("render.yaml", "docker-compose.yml"):
        assert "  # ours, the last of the list\n" in (copy / path).read_text()


# Rename


@pytest.mark.parametrize("name", ["Web", "Celery Render", 'O\'Brien "x" \\1'])
def test_a_new_name_and_back_changes_nothing(project: Path, copy: Path, name: str) -> None:
    change(copy, "rename", name)
    renamed = differing(copy, project)
    change(copy, "rename", "My Site")

    assert {"README.md", "config/settings/base.py", "render.yaml"} <= set(renamed)
    assert differing(copy, project) == []


# A clone of the template


def test_a_clone_becomes_a_project_and_keeps_the_users_edits(
    template: Path, clone_of_template: Path, tmp_path: Path
) -> None:
    append(clone_of_template, "README.md", "\nOur own words on Celery.\n")
    append(clone_of_template, "logo.svg", "<svg/>\n")
    base = git(clone_of_template, "rev-parse", "HEAD")
    commit(clone_of_template)

    change(clone_of_template, "rename", "Ours")

    done(template, "python", "-m", "slipway", "new", tmp_path / "made", "--yes", "--name=Ours")
    assert set(differing(clone_of_template, tmp_path / "made")) == {"README.md", "logo.svg"}
    assert (clone_of_template / "README.md").read_text().startswith("# Ours\n")
    assert (clone_of_template / "README.md").read_text().endswith("\nOur own words on Celery.\n")
    assert record.of(clone_of_template)["commit"] == base
    assert not (clone_of_template / "slipway").exists()


def test_a_clone_can_lose_a_feature_first(clone_of_template: Path) -> None:
    change(clone_of_template, "remove", "docker")

    assert not (clone_of_template / "Dockerfile").exists()
    assert not (clone_of_template / "slipway").exists()
    assert "docker" not in record.of(clone_of_template)["features"]


def test_a_copy_with_one_commit_is_recognized_by_its_files(template: Path, tmp_path: Path) -> None:
    """GitHub's "Use this template", or an unpacked archive."""
    folder = clone(template, tmp_path / "copy")
    done(folder, "rm", "-rf", ".git")
    git(folder, "init", "--quiet", "--initial-branch=main")
    append(folder, "pyproject.toml", f'\n[tool.slipway]\naddress = "{template}"\n')
    without_address = (folder / "pyproject.toml").read_text().replace(f'\n[tool.slipway]\naddress = "{template}"\n', "")
    (folder / "pyproject.toml").write_text(without_address)
    (folder / ".gitignore").write_text((folder / ".gitignore").read_text())
    commit(folder)
    git(folder, "remote", "add", "origin", template)
    git(folder, "fetch", "--quiet", "origin")

    change(folder, "rename", "Ours")

    assert record.of(folder)["commit"] == git(template, "rev-parse", "HEAD")


def test_a_clone_of_unknown_origin_needs_the_commit_it_was_made_from(clone_of_template: Path) -> None:
    git(clone_of_template, "remote", "remove", "origin")

    result = template_command(clone_of_template, "rename", "Ours")
    assert result.returncode == 2
    assert "--template ADDRESS" in result.stderr

    change(clone_of_template, "rename", "Ours", "--from", "HEAD")
    assert (clone_of_template / "README.md").read_text().startswith("# Ours\n")


# Update

CHANGED, DELETED, ADDED = "docs/api.md", "docs/decisions/environment-variables.md", "docs/new.md"


@pytest.fixture
def source(template: Path, tmp_path: Path) -> Path:
    """A template that changes."""
    folder = clone(template, tmp_path / "source")
    git(folder, "remote", "remove", "origin")
    return folder


@pytest.fixture
def project_of_source(source: Path, tmp_path: Path) -> Path:
    folder = made(source, tmp_path / "ours", "--without=sentry")
    append(folder, CHANGED, "\nThe last line is mine.\n")
    commit(folder)
    return folder


def retitle(folder: Path, title: str) -> None:
    page = folder / CHANGED
    page.write_text(f"# {title}\n{page.read_text().partition(chr(10))[2]}")


def release(source: Path) -> str:
    """The template changes a page, gains one, and loses one."""
    retitle(source, "Build an API")
    append(source, ADDED, "# New\n\nA new page.\n\nSentry is described, too.\n")
    (source / DELETED).unlink()
    return commit(source, "Describe more")


def test_an_update_merges_what_changed_in_the_template(source: Path, project_of_source: Path) -> None:
    folder, newest = project_of_source, release(source)
    before = contents(folder)

    change(folder, "update")

    after = contents(folder)
    assert (folder / CHANGED).read_text().startswith("# Build an API\n")
    assert (folder / CHANGED).read_text().endswith("\nThe last line is mine.\n")
    assert (folder / ADDED).read_text() == "# New\n\nA new page.\n"
    assert before.keys() ^ after.keys() == {ADDED, DELETED}
    assert record.of(folder)["commit"] == newest
    assert git(folder, "log", "-1", "--format=%B") == f"Update from the template to {newest[:10]}\n\n- Describe more"


def test_an_update_leaves_a_new_feature_out_until_it_is_added(source: Path, project_of_source: Path) -> None:
    folder = project_of_source
    gain_feature(source)

    output = change(folder, "update")
    assert "bin/template add maps" in output
    assert not (folder / "apps/maps").exists()

    change(folder, "add", "maps")
    assert (folder / "apps/maps/__init__.py").exists()
    assert record.of(folder)["features"][-1] == "maps"


def gain_feature(source: Path) -> None:
    append(source, "apps/maps/__init__.py", "# A map\n")
    append(source, "slipway/features.toml", '\n[maps]\ntitle = "Maps"\nabout = "maps"\nfiles = ["apps/maps"]\n')
    questions = (source / "cookiecutter.json").read_text()
    questions = questions.replace('  "region": [', '  "maps": true,\n  "region": [', 1)
    questions = questions.replace('    "region": "', '    "maps": "Maps?",\n    "region": "', 1)
    (source / "cookiecutter.json").write_text(questions)
    commit(source, "Add maps")


def test_an_update_goes_to_the_given_commit(source: Path, project_of_source: Path) -> None:
    first = release(source)
    git(source, "tag", "v1")
    retitle(source, "Later")
    commit(source, "Later")

    change(project_of_source, "update", "--to", "v1")

    assert record.of(project_of_source)["commit"] == first


def test_a_conflict_is_shown_and_can_be_undone(source: Path, project_of_source: Path) -> None:
    folder = project_of_source
    retitle(folder, "Mine")
    commit(folder)
    before = contents(folder)
    release(source)

    result = template_command(folder, "update")
    assert result.returncode == 1
    assert f"You and the template changed the same lines of:\n  {CHANGED}\n" in result.stdout

    undo = result.stdout.strip().splitlines()[-1].partition("To undo everything:  ")[2]
    done(folder, "bash", "-c", undo)
    assert contents(folder) == before
    assert git(folder, "status", "--porcelain") == ""
    assert git(folder, "branch", "--format=%(refname:short)") == "main"


def test_a_project_without_news_stays_as_it_is(project_of_source: Path) -> None:
    output = change(project_of_source, "update")

    assert output.endswith("The project is up to date with the template.\n")
    assert git(project_of_source, "branch", "--format=%(refname:short)") == "main"


# The template in the cache


def test_it_works_offline_after_the_first_time(source: Path, project_of_source: Path, tmp_path: Path) -> None:
    template_command(project_of_source, "status")
    source.rename(tmp_path / "gone")

    change(project_of_source, "remove", "celery")

    assert not (project_of_source / "apps/tasks").exists()


def test_a_template_that_moved_is_named(source: Path, project_of_source: Path, tmp_path: Path) -> None:
    moved = source.rename(tmp_path / "moved")

    lost = template_command(project_of_source, "remove", "celery")
    assert lost.returncode == 2
    assert lost.stderr.startswith(f"Cannot fetch the template from {source}: ")
    assert "name another place with --template ADDRESS" in lost.stderr
    assert lost.stderr.count("\n") == 1

    release(moved)
    change(project_of_source, "update", "--template", str(moved))
    assert record.of(project_of_source)["address"] == str(moved)


def test_an_unknown_commit_is_named(source: Path, project_of_source: Path, tmp_path: Path) -> None:
    unknown = template_command(project_of_source, "update", "--to", "v99")
    git(source, "commit", "--quiet", "--allow-empty", "--message=More")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{source}", tmp_path / "shallow")
    shallow = template_command(project_of_source, "remove", "celery", "--template", str(tmp_path / "shallow"))

    assert unknown.returncode == shallow.returncode == 2
    assert "has no commit v99." in unknown.stderr
    assert "is a shallow clone without commit" in shallow.stderr
    assert git(project_of_source, "branch", "--format=%(refname:short)") == "main"


def test_an_interrupted_fetch_is_repeated(project_of_source: Path) -> None:
    """A folder in the cache is complete, or not there: it is moved into place."""
    cache = project_of_source.parent / "cache/slipway"
    script = (project_of_source / "tools/template.py").read_text()
    killed = project_of_source / "tools/killed.py"
    killed.write_text(script.replace('(folder / "new").rename(', "os.kill(os.getpid(), 9); ("))

    result = run(project_of_source, "python", "-m", "tools.killed", "status", XDG_CACHE_HOME=str(cache.parent))
    killed.unlink()
    left = [path.name for path in cache.iterdir() if not path.name.startswith("unfinished-")]
    shown = template_command(project_of_source, "status")

    assert result.returncode == -9
    assert left == []
    assert shown.returncode == 0, shown.stderr


def test_a_password_in_an_address_is_not_shown(project_of_source: Path) -> None:
    result = template_command(project_of_source, "status", "--template", "http://ada:secret@127.0.0.1:1/template.git")

    assert result.returncode == 2
    assert "secret" not in result.stdout + result.stderr


def test_a_project_without_a_template_says_what_to_set(project_of_source: Path) -> None:
    path = project_of_source / "pyproject.toml"
    path.write_text(path.read_text().partition("\n[tool.template]")[0])
    commit(project_of_source)

    result = template_command(project_of_source, "status")

    assert result.returncode == 2
    assert result.stderr.startswith("pyproject.toml has no [tool.template] section.")


def test_status_shows_features_and_the_template(source: Path, project_of_source: Path) -> None:
    release(source)
    commit_id = record.of(project_of_source)["commit"]

    output = change(project_of_source, "status")

    assert "My Site\n  + celery" in output
    assert "\n  - sentry" in output
    assert f"Made from {source} at {commit_id[:10]}." in output


def test_git_needs_to_know_the_user(project_of_source: Path) -> None:
    result = run(
        project_of_source, "bin/template", "remove", "celery", XDG_CACHE_HOME=str(project_of_source.parent / "cache"),
        EMAIL="", GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="user.useConfigOnly", GIT_CONFIG_VALUE_0="true",
    )  # fmt: skip

    assert result.returncode == 2
    assert "user.email" in result.stderr
    assert git(project_of_source, "branch", "--format=%(refname:short)") == "main"
    assert git(project_of_source, "status", "--porcelain") == ""


def test_the_cache_folder_has_nothing_of_the_users(copy: Path) -> None:
    template_command(copy, "status")

    assert os.listdir(copy.parent / "cache") == ["slipway"]
