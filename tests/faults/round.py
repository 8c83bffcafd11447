# SPDX-License-Identifier: Apache-2.0
"""A round of all short plays, each under each of its faults, two at a time."""

import random
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from tests.faults.bench import Bench, Fault, Outcome, Prepared, prepare
from tests.faults.loop_image import place_for_images, why_no_loop_image
from tests.faults.short_plays import PLAYS
from tests.faults.strace import why_no_strace
from tests.faults.tally import Tally

_AT_ONCE: Final = 2

Faults = Callable[[Prepared, Bench], Iterable[Fault]]
"""All faults of a play."""


def play_all(faults: Faults, chance: random.Random, scale: float, folder: Path) -> Tally:
    """All of them, or every k-th from one drawn by chance where `scale` is below 1."""
    if reason := why_no_strace():
        say(f"left out: {reason}")
        return Tally()
    with ExitStack() as stack:
        benches: SimpleQueue[Bench] = SimpleQueue()
        for _ in range(_AT_ONCE):
            benches.put(Bench(stack.enter_context(place_for_images(folder))))
        everything = _everything(faults, benches, folder)
        step = max(1, round(1 / scale))
        chosen = everything[chance.randrange(step) :: step]
        say(f"{len(everything)} points in {len(PLAYS)} plays, {len(chosen)} of them are played")
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return sum(pool.map(lambda each: _at(each[0], each[1], benches), chosen), Tally())


def _everything(faults: Faults, benches: "SimpleQueue[Bench]", folder: Path) -> list[tuple[Prepared, Fault]]:
    bench = benches.get()
    found = []
    for name, short in PLAYS.items():
        if not short.needs_disk or not why_no_loop_image():
            prepared = prepare(name, folder / name)
            found += [(prepared, fault) for fault in faults(prepared, bench)]
    benches.put(bench)
    return found


def _at(prepared: Prepared, fault: Fault, benches: "SimpleQueue[Bench]") -> Tally:
    bench = benches.get()
    try:
        outcome = bench.play(prepared, fault)
    finally:
        benches.put(bench)
    return _tallied(prepared, fault, outcome)


def _tallied(prepared: Prepared, fault: Fault, outcome: Outcome) -> Tally:
    tally = Tally(accepted=outcome.accepted)
    for findings in outcome.findings:
        tally += findings.tally()
        if findings.told():
            say(f"{prepared.name} {fault.inject}: {findings.told()}")
    return tally


def say(text: str) -> None:
    """On stderr, beside the figures."""
    sys.stderr.write(f"{text}\n")
