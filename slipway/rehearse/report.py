"""The output of a rehearsal: a line at the start and end of each phase, the failures, and a table at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

from slipway.rehearse.errors import Failure


@dataclass
class Phase:
    name: str
    started: float = field(default_factory=monotonic)
    seconds: float = 0
    result: str = "cancelled"
    summary: str = ""


@dataclass
class Report:
    phases: list[Phase] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def info(self, line: str) -> None:
        print(f"    {line}", flush=True)

    def add_failure(self, message: str, hint: str = "", last_lines: str = "") -> None:
        self.failures.append(message)
        print(f"  ! {message}", flush=True)
        if hint:
            self.info(hint)
        if last_lines:
            print(last_lines, flush=True)

    @contextmanager
    def phase(self, name: str) -> Iterator[Phase]:
        phase = Phase(name)
        self.phases.append(phase)
        failures_before = len(self.failures)
        print(f"{name} ...", flush=True)
        try:
            yield phase
            phase.result = "ok" if len(self.failures) == failures_before else "FAILED"
        except Failure as failure:
            phase.result = "FAILED"
            self.add_failure(str(failure), failure.hint, failure.last_lines)
            raise
        finally:
            phase.seconds = monotonic() - phase.started
            print(f"{name}: {phase.result}, {phase.seconds:.1f} s. {phase.summary}".rstrip(), flush=True)

    @property
    def succeeded(self) -> bool:
        return not self.failures and all(phase.result == "ok" for phase in self.phases)

    def table(self) -> str:
        width = max((len(phase.name) for phase in self.phases), default=0)
        rows = [
            f"{phase.name:{width}}  {phase.seconds:6.1f} s  {phase.result:10}  {phase.summary}".rstrip()
            for phase in self.phases
        ]
        return "\n".join(rows)
