"""The files of a project in memory."""

import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path

Files = dict[str, bytes]


def read(root: Path) -> Files:
    """The tracked files of a working tree, or all that .gitignore does not name if it is no repository."""
    return {path: (root / path).read_bytes() for path in listed(root) if (root / path).is_file()}


def files_in(root: Path) -> Files:
    """All files of a folder, whether git knows them or not."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def listed(root: Path) -> list[str]:
    if (root / ".git").exists():
        output = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
        return [path for path in output.split("\0") if path]
    ignored = [line.strip("/") for line in (root / ".gitignore").read_text().splitlines() if line[:1] not in ("", "#")]
    return sorted(found(root, root, ignored))


def found(folder: Path, root: Path, ignored: list[str]) -> list[str]:
    paths: list[str] = []
    for path in folder.iterdir():
        if any(fnmatch(path.name, pattern) for pattern in ignored):
            continue
        paths += found(path, root, ignored) if path.is_dir() else [path.relative_to(root).as_posix()]
    return paths


def write(files: Files, root: Path) -> None:
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        if content.startswith(b"#!"):
            # An archive may have lost the executable bit.
            target.chmod(0o755)


def rewrite(files: Files, places: list[tuple[str, str, str]]) -> Files:
    """Replace each pattern in its file by the text."""
    new = dict(files)
    for path, pattern, text in places:
        # re.sub would interpret backslashes.
        plain = text.replace("\\", r"\\")
        new[path] = re.sub(pattern, plain, new[path].decode(), flags=re.MULTILINE).encode()
    return new


def text(content: bytes) -> str | None:
    """None for a binary file."""
    try:
        return None if b"\0" in content else content.decode()
    except UnicodeDecodeError:
        return None
