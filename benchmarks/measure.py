"""
Measuring several variants of one thing against each other, on a machine that does other things too.

Rules of this file: within a round every variant runs once, in shuffled order; only quotients of the same round are
compared, since both sides of one met about the same machine. Absolute times are for orientation.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Samples", "Target", "Variant", "calls_within", "compare", "duration", "interleaved", "table"]

_DICE = random.Random(20)


@dataclass(frozen=True)
class Variant:
    """One way to do the thing; `calls` of `run` make one sample."""

    name: str
    run: Callable[[], object]
    calls: int = 1


@dataclass
class Samples:
    """Seconds for one call: one value a round, wall time and CPU time of this process."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Target:
    """`variant` is to take at most `limit` times what `baseline` takes, as the median over rounds."""

    variant: str
    baseline: str
    limit: float


def calls_within(run: Callable[[], object], seconds: float) -> int:
    """Return how many calls of `run` take about `seconds`, after warming it up."""
    run()
    start = time.perf_counter()
    calls = 0
    while calls < 5 and (calls == 0 or time.perf_counter() - start < seconds):
        run()
        calls += 1
    return max(1, round(seconds * calls / (time.perf_counter() - start)))


def interleaved(variants: Sequence[Variant], rounds: int) -> dict[str, Samples]:
    """Run every variant once a round, in another order each round, and one round more to warm up."""
    samples = {variant.name: Samples() for variant in variants}
    for number in range(rounds + 1):
        for variant in _DICE.sample(variants, len(variants)):
            wall, cpu = _once(variant)
            if number > 0:
                samples[variant.name].wall.append(wall)
                samples[variant.name].cpu.append(cpu)
    return samples


def _once(variant: Variant) -> tuple[float, float]:
    run = variant.run
    calls = range(variant.calls)
    cpu = time.process_time()
    wall = time.perf_counter()
    for _ in calls:
        run()
    wall = time.perf_counter() - wall
    cpu = time.process_time() - cpu
    return wall / variant.calls, cpu / variant.calls


def compare(values: Sequence[float], baseline: Sequence[float]) -> tuple[float, float, float]:
    """Return the median and both quartiles of the quotients within the rounds."""
    quotients = [value / base for value, base in zip(values, baseline, strict=True)]
    if len(quotients) < 2:
        return quotients[0], quotients[0], quotients[0]
    low, middle, high = statistics.quantiles(quotients, n=4, method="inclusive")
    return middle, low, high


def duration(seconds: float) -> str:
    """Spell a duration with three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}" if seconds / size < 100 else f"{seconds / size:.0f} {unit}"
    return f"{seconds / 1e-9:.0f} ns"


def table(
    title: str,
    samples: Mapping[str, Samples],
    baselines: Sequence[str],
    targets: Sequence[Target] = (),
    *,
    cpu: bool = False,
) -> None:
    """Print one Markdown table: what each variant takes, alone and against each baseline, and the targets."""
    print(f"\n### {title}\n")
    columns = ["variant", "median per op", *(["CPU per op"] if cpu else [])]
    for baseline in baselines:
        columns += [f"x {baseline} [IQR]", *(["CPU"] if cpu else [])]
    if targets:
        columns.append("target")
    print(_line(columns))
    print(_line(["---"] * len(columns)))
    for name, taken in samples.items():
        cells = [name, duration(statistics.median(taken.wall))]
        if cpu:
            cells.append(duration(statistics.median(taken.cpu)))
        for baseline in baselines:
            middle, low, high = compare(taken.wall, samples[baseline].wall)
            cells.append(f"{middle:.2f} [{low:.2f}-{high:.2f}]")
            if cpu:
                cells.append(f"{compare(taken.cpu, samples[baseline].cpu)[0]:.2f}")
        if targets:
            cells.append("; ".join(_verdict(target, samples) for target in targets if target.variant == name))
        print(_line(cells))


def _verdict(target: Target, samples: Mapping[str, Samples]) -> str:
    reached, _, _ = compare(samples[target.variant].wall, samples[target.baseline].wall)
    return f"<= {target.limit:.2f} x {target.baseline}: {'met' if reached <= target.limit else 'MISSED'}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
