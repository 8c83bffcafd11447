# SPDX-License-Identifier: Apache-2.0
"""Power cuts: a store on an ext4 of its own is written to, stopped at any moment, and its disk copied as it is then.

The copy is mounted (which replays its journal) and compared with the ledger, which lies on another disk. The writer
goes on to the next cut, and now and then is killed and started anew. What the copies stand for is said in `loop_image`.
"""

import random
import sys
import time
from pathlib import Path
from typing import Final

from tests.faults.expected import Expected
from tests.faults.forked import Forked
from tests.faults.loop_image import LoopImage, loop_image, mounted, why_no_loop_image
from tests.faults.store_check import compare
from tests.faults.store_play import read_ledger
from tests.faults.store_scripts import write_for_ever
from tests.faults.tally import Tally
from tests.scenarios.load import wait_until

NAME: Final = "power cut"
MEANING: Final = "the disk as a power cut leaves it, at any moment of a store's life"
CUTS: Final = 1000
_CUTS_PER_DISK: Final = 24
_DISK_MB: Final = 24
_FIRST_START_S: Final = 0.7
_WRITES_WITHIN_S: Final = 20.0
_KILLED: Final = 0.15
"""Share of cuts after which the writer is killed and started anew on what it left."""
_CONTROL_CUTS: Final = 8


def play(seed: int, scale: float, folder: Path) -> Tally:
    """Cut power `CUTS` times, on each disk for the first time while its store is made."""
    if reason := why_no_loop_image():
        _say(f"left out: {reason}")
        return Tally()
    chance = random.Random(seed)
    total, left, number = Tally(), max(1, round(CUTS * scale)), 0
    while left:
        cuts = min(left, _CUTS_PER_DISK)
        number += 1
        total += cut(chance, cuts, folder / f"{number}")
        left -= cuts
    return total


def cut(chance: random.Random, cuts: int, outside: Path, *, lax: bool = False) -> Tally:
    """One disk and so many cuts; with `lax` a writer that does not wait for its disk, whose losses are to be seen."""
    outside.mkdir()
    with loop_image(_DISK_MB, outside) as disk:
        life = _Life(disk, outside, chance, lax=lax)
        try:
            total = Tally()
            for number in range(cuts):
                total += life.cut(after_creation=number == 0)
            return total + Tally(accepted=life.expected.accepted)
        finally:
            life.end()


class _Life:
    """One disk with a writer on it, and what its ledger told."""

    def __init__(self, disk: LoopImage, outside: Path, chance: random.Random, *, lax: bool) -> None:
        self.expected = Expected()
        self._disk, self._outside, self._chance, self._lax = disk, outside, chance, lax
        self._ledger, self._log = outside / "ledger", outside / "log"
        self._ledger.touch()
        self._heard = 0
        self._writer = self._start()

    def cut(self, *, after_creation: bool) -> Tally:
        """Let it write, stop it, copy its disk, look; then let it go on, or kill it and start it anew."""
        if not after_creation:  # however slowly it gets on, each cut finds something new
            wait_until(lambda: self._ledger.stat().st_size > self._heard, _WRITES_WITHIN_S, "the writer writes")
        time.sleep(self._chance.uniform(0.0, _FIRST_START_S if after_creation else 0.08))
        self._writer.stop_still()
        assert self._writer.running, f"the writer ended: {self._log.read_text()}"
        copy = self._disk.backing.with_name("copy")
        self._disk.copy(copy)
        self._hear()
        with mounted(copy, self._disk.backing.with_name("after")) as after:
            findings = compare(self.expected, after.mount / "dt")
        if self._chance.random() < _KILLED:
            self._writer.kill()
            self._hear()
            self.expected.restarted()
            self._writer = self._start()
        else:
            self._writer.go_on()
        if findings.told() and not self._lax:
            _say(f"{self._ledger}: {findings.told()}")
        return findings.tally()

    def end(self) -> None:
        """End the writer."""
        self._writer.kill()

    def _start(self) -> Forked:
        seed, first = self._chance.getrandbits(32), self.expected.asked + 1
        writer = Forked(
            self._log,
            write_for_ever,
            *(self._disk.mount / "dt", self._ledger, self._outside, seed, first, self._lax),
        )
        assert writer.held()
        writer.go()
        return writer

    def _hear(self) -> None:
        self.expected.hear(read_ledger(self._ledger, self._heard))
        self._heard = self._ledger.stat().st_size


def control(seed: int, folder: Path) -> Tally:
    """The same with `synchronous = NORMAL`: it must lose what was promised, or the cuts cut nothing."""
    return cut(random.Random(seed), _CONTROL_CUTS, folder / "lax", lax=True)


def _say(text: str) -> None:
    sys.stderr.write(f"power cut: {text}\n")
