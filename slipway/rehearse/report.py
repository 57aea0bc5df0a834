"""What the rehearsal says: a line as each phase begins and ends, what it found, and a table at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

from slipway.rehearse.failures import Failure


@dataclass
class Phase:
    name: str
    began: float = field(default_factory=monotonic)
    seconds: float = 0
    verdict: str = "broken off"
    words: str = ""


@dataclass
class Report:
    phases: list[Phase] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        print(f"    {line}", flush=True)

    def finding(self, sentence: str, hint: str = "", last_words: str = "") -> None:
        """Something that must be mended before this goes to Render."""
        self.findings.append(sentence)
        print(f"  ! {sentence}", flush=True)
        if hint:
            self.say(hint)
        if last_words:
            print(last_words, flush=True)

    @contextmanager
    def phase(self, name: str) -> Iterator[Phase]:
        phase = Phase(name)
        self.phases.append(phase)
        found = len(self.findings)
        print(f"{name} ...", flush=True)
        try:
            yield phase
            phase.verdict = "ok" if len(self.findings) == found else "FAILED"
        except Failure as failure:
            phase.verdict = "FAILED"
            self.finding(str(failure), failure.hint, failure.last_words)
            raise
        finally:
            phase.seconds = monotonic() - phase.began
            print(f"{name}: {phase.verdict}, {phase.seconds:.1f} s. {phase.words}".rstrip(), flush=True)

    @property
    def is_good(self) -> bool:
        return not self.findings and all(phase.verdict == "ok" for phase in self.phases)

    def table(self) -> str:
        width = max((len(phase.name) for phase in self.phases), default=0)
        rows = [
            f"{phase.name:{width}}  {phase.seconds:6.1f} s  {phase.verdict:10}  {phase.words}".rstrip()
            for phase in self.phases
        ]
        return "\n".join(rows)
