"""How much memory a process and all that it started take, and who takes more than its plan gives."""

import subprocess
from contextlib import suppress

from slipway.rehearse.leash import PROC, children, family

MEGABYTE = 1024 * 1024


def of_families(roots: list[int]) -> dict[int, int]:
    """Bytes that the descendants of each take. What several processes share counts once, as in a container."""
    table = children()
    return {root: sum(of(pid) for pid in family(root, table)) for root in roots}


def of(pid: int) -> int:
    # Gone meanwhile, or another user's.
    with suppress(OSError, subprocess.CalledProcessError, ValueError):
        if PROC.joinpath("self/smaps_rollup").exists():
            for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
            return 0
        # Elsewhere only the resident size is told, which counts what is shared several times.
        return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(pid)], text=True)) * 1024
    return 0
