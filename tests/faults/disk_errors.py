# SPDX-License-Identifier: Apache-2.0
"""Disk errors: each call that writes is failed with EIO or ENOSPC, once, for a while, or from then on; and real ones.

Whoever asked hears of it by a problem's name, nothing that was acknowledged is lost, nothing refused is there by half,
the process lives, and when the error has passed the store goes on by itself. A call that is failed from outside leaves
its pages in the cache, to be written after all; `failing_disk` therefore has the disk itself fail, and loses them.
"""

import random
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Final

from tests.faults.bench import Bench, Fault, Prepared
from tests.faults.failing_disk import fail_and_recover
from tests.faults.loop_image import why_no_loop_image
from tests.faults.round import play_all, say
from tests.faults.short_plays import PLAYS
from tests.faults.tally import Tally

NAME: Final = "disk errors"
MEANING: Final = "EIO and ENOSPC from each call that writes, once, for a while, or for good"
DISKS: Final = 60
_STARTS: Final = 2
_WHILE: Final = 5
"""Calls that fail in a row."""


def play(seed: int, scale: float, folder: Path) -> Tally:
    """One error at each call that writes, of the kinds in turn; then `DISKS` disks that fail by themselves."""
    chance = random.Random(seed)
    return play_all(_errors, chance, scale, folder) + fail_disks(chance, max(1, round(DISKS * scale)), folder)


def fail_disks(chance: random.Random, count: int, folder: Path) -> Tally:
    """Disks that fail for a while and then lose their power: two faults each."""
    total = Tally()
    if reason := why_no_loop_image():
        say(f"left out: {reason}")
        return total
    for number in range(count):
        findings, accepted = fail_and_recover(chance, folder / f"failing-{number}")
        total += findings.tally(faults=2) + Tally(accepted=accepted)
        if findings.told():
            say(f"failing disk {number}: {findings.told()}")
    return total


def _errors(prepared: Prepared, bench: Bench) -> Iterator[Fault]:
    from_start = PLAYS[prepared.name].from_start
    kinds = cycle((error, span) for span in ("once", "while", "always") for error in ("EIO", "ENOSPC"))
    for call, n in bench.points(prepared):
        error, span = next(kinds)
        when = {"once": f"{n}", "while": f"{n}..{n + _WHILE - 1}", "always": f"{n}+"}[span]
        # A process that is started anew begins to count anew, and meets the same error for ever.
        passes = not from_start and span != "always"
        yield Fault(f"{call}:error={error}:when={when}", _STARTS, passes)
