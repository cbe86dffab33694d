"""Counts of passed, failed and skipped tests, and the closing line."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: tuple[str, ...] = field(default=(), compare=False)
    """What failed and why in a line each, as far as it is known."""

    def __add__(self, other: 'Tally') -> 'Tally':
        return Tally(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.failures + other.failures,
        )

    def __str__(self) -> str:
        skipped = f', {self.skipped} skipped' if self.skipped else ''
        return f'{self.passed} passed, {self.failed} failed{skipped}'
