from collections.abc import Collection

import pytest

from slipway import locks


def pin(name: str, *wanted_by: str) -> str:
    via = f" {wanted_by[0]}" if len(wanted_by) == 1 else "".join(f"\n    #   {asker}" for asker in wanted_by)
    return f"{name}==1.0 \\\n    --hash=sha256:0123\n    # via{via}\n"


def names(lock: str, wanted: dict[str, Collection[str]]) -> set[str]:
    return locks.pinned(locks.cut(lock, wanted))


def test_what_nothing_asks_for_goes_through_a_chain() -> None:
    chain = pin("core", "-r base.in") + pin("peel", "core") + pin("pulp", "peel") + pin("stone", "-r base.in")

    assert names(chain, {"base.in": {"stone"}}) == {"stone"}
    assert names(chain, {"base.in": {"core"}}) == {"core", "peel", "pulp"}


def test_a_lock_stays_as_it_is_while_everything_is_wanted() -> None:
    lock = pin("core", "-r base.in") + pin("peel", "-c production.txt", "-r base.in", "core")

    assert locks.cut(lock, {"base.in": {"core", "peel"}, "production.txt": {"peel"}}) == lock


def test_one_who_asks_stands_in_the_line_and_more_in_a_list() -> None:
    lock = pin("core", "-r base.in") + pin("peel", "-r base.in", "core", "stone") + pin("stone", "-r base.in")

    assert locks.cut(lock, {"base.in": {"core", "peel"}}).endswith(pin("peel", "-r base.in", "core"))
    assert locks.cut(lock, {"base.in": {"core"}}).endswith(pin("peel", "core"))


def test_those_who_only_ask_for_each_other_go() -> None:
    lock = pin("core", "peel") + pin("peel", "core") + pin("stone", "-r base.in")

    assert names(lock, {"base.in": {"stone"}}) == {"stone"}


def test_a_cycle_stays_while_somebody_else_asks_for_it() -> None:
    lock = pin("core", "peel") + pin("peel", "-r base.in", "core")

    assert locks.cut(lock, {"base.in": {"peel"}}) == lock


def test_a_bound_is_told_only_while_the_other_lock_has_the_pin() -> None:
    lock = pin("core", "-c production.txt", "-r development.in")

    assert locks.cut(lock, {"development.in": {"core"}, "production.txt": {"core"}}) == lock
    assert locks.cut(lock, {"development.in": {"core"}, "production.txt": set()}) == pin("core", "-r development.in")


def test_a_bound_asks_for_nothing() -> None:
    lock = pin("core", "-c production.txt", "-r development.in") + pin("stone", "-r development.in")

    assert names(lock, {"development.in": {"stone"}, "production.txt": {"core"}}) == {"stone"}


def test_a_pin_for_some_versions_of_python_is_one_like_others() -> None:
    lock = pin("core", "-r base.in").replace(" \\", " ; python_full_version < '3.13' \\", 1)

    assert locks.cut(lock, {"base.in": {"core"}}) == lock


@pytest.mark.parametrize(
    ("line", "name"),
    [("Core>=5.2,<5.3", "core"), ("core[peel]", "core"), ("Apple_Core.Peel", "apple-core-peel"), ("core", "core")],
)
def test_requirements_name_a_package_as_locks_do(line: str, name: str) -> None:
    assert locks.asked(f"# What is eaten.\n-r base.in\n\n{line}\n") == {name}
