"""docs/drills.md lists the failures that tests cause, and no others."""

import re

from slipway.tests.drills import rows
from tests.commands import ROOT

CALL = re.compile(r'(?:drill\(|name = )\s*f?"([^"{]+)')


def test_every_row_of_the_table_has_a_test_and_every_drill_has_a_row() -> None:
    tests = [path.read_text() for path in (ROOT / "slipway/tests/site").rglob("test_*.py")]
    names = {name for text in tests if "import drill" in text for name in CALL.findall(text)}
    known = rows()

    assert known
    assert [row for row in known if not row.startswith(tuple(names))] == []
    assert [name for name in names if not any(row.startswith(name) for row in known)] == []
