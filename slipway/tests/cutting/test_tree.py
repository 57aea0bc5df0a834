import subprocess
from pathlib import Path

import pytest

from slipway import tree


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """With what git would ignore, and not yet known to git."""
    tree.write(
        {
            ".gitignore": b"#*.md\n\n.env\n*.log\ncrumbs/\n",
            "README.md": b"Fruit.\n",
            "#plums.md": b"",
            "pies/plum.py": b"",
            "pies/oven.log": b"hot",
            "pies/crumbs/one": b"",
            ".env": b"",
        },
        tmp_path,
    )
    return tmp_path


def test_what_git_does_not_know_is_not_read(checkout: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=checkout, check=True)
    subprocess.run(["git", "add", "."], cwd=checkout, check=True)
    (checkout / "new.py").write_text("")
    (checkout / "README.md").unlink()

    assert set(tree.read(checkout)) == {".gitignore", "#plums.md", "pies/plum.py"}


def test_files_are_read_as_they_stand_there_not_as_git_has_them(checkout: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=checkout, check=True)
    subprocess.run(["git", "add", "."], cwd=checkout, check=True)
    (checkout / "README.md").write_text("Nuts.\n")

    assert tree.read(checkout)["README.md"] == b"Nuts.\n"


def test_without_git_the_list_of_what_it_ignores_counts(checkout: Path) -> None:
    assert set(tree.read(checkout)) == {".gitignore", "#plums.md", "README.md", "pies/plum.py"}


@pytest.mark.parametrize(("content", "mode"), [(b"#!/bin/sh\n", 0o755), (b"# !\n", 0o644)])
def test_scripts_and_nothing_else_come_out_executable(tmp_path: Path, content: bytes, mode: int) -> None:
    (tmp_path / "pick").touch(0o644)
    (tmp_path / "pick").chmod(0o644)

    tree.write({"pick": content}, tmp_path)

    assert (tmp_path / "pick").stat().st_mode & 0o777 == mode


def test_any_content_comes_out_as_it_went_in(tmp_path: Path) -> None:
    files = {"deep/down/image": bytes(range(256)), "lines.txt": b"one\r\ntwo", "empty": b""}

    tree.write(files, tmp_path)

    assert {path: (tmp_path / path).read_bytes() for path in files} == files
