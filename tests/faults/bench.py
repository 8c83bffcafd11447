# SPDX-License-Identifier: Apache-2.0
"""Where short plays are played over and over: each time on a disk as it was prepared, under one fault, then compared.

Where a disk of one's own can be had, its power is cut as well at the end of each play: of what the process that was hit
had written, the copy holds only what had reached the disk.
"""

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from edge.durable.database import STORE
from tests.faults.expected import Expected
from tests.faults.forked import Forked
from tests.faults.loop_image import LoopImage, copy_image, loop_image, mounted, why_no_loop_image
from tests.faults.short_plays import FILLER, FOLDER, PLAYS, Ground, run
from tests.faults.store_check import Findings, compare
from tests.faults.store_play import drop, read_ledger
from tests.faults.strace import counted, traced

DISK_MB: Final = 24
_KILLED: Final = -9
_CODES: Final = frozenset({"disk-full", "store-failed"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A play and what is there before it: a disk as a file (or a folder, where no disk can be had), and a ledger."""

    name: str
    disk: Path
    ledger: Path
    store_sha256: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to a play (strace's `inject`), how often a store is opened that fails, and what the end shall be.

    `passes` is said of a fault that ends before the play does: the last operation must then be accepted.
    """

    inject: str
    starts: int = 1
    passes: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one play: what was accepted, and what is wrong on the disk's copy, if there is one, and on it."""

    accepted: int
    findings: tuple[Findings, ...]


def prepare(name: str, folder: Path) -> Prepared:
    """Bring about what a play begins with."""
    ledger, disk = folder / "ledger", folder / "prepared"
    folder.mkdir()
    ledger.touch()
    if why_no_loop_image():
        PLAYS[name].prepare(Ground(disk, ledger, folder))
        return Prepared(name, disk, ledger, _sha256(disk))
    with loop_image(DISK_MB, folder) as image:
        PLAYS[name].prepare(Ground(image.mount, ledger, folder))
        subprocess.run(["sync", "-f", str(image.mount)], check=True)
        image.copy(disk)
        return Prepared(name, disk, ledger, _sha256(image.mount))


class Bench:
    """A place for one play at a time."""

    def __init__(self, place: Path) -> None:
        """Use the folder `place`."""
        self._place = place
        self._ledger, self._outside, self._log = place / "ledger", place / "outside", place / "log"
        self._outside.mkdir(parents=True)

    def points(self, prepared: Prepared) -> Iterator[tuple[str, int]]:
        """Calls that write, and which of them: from a play without a fault."""
        out = self._place / "calls"
        with self._ground(prepared) as (_, ground):
            exitcode = self._play(prepared, ground, out, "")
        assert exitcode == 0, self._log.read_text()
        for call, count in sorted(counted(out).items()):
            step = PLAYS[prepared.name].one_of if call in {"pwrite64", "fdatasync"} else 1
            yield from ((call, n) for n in range(1, count + 1, step))

    def play(self, prepared: Prepared, fault: Fault) -> Outcome:
        """Play under a fault and compare: what is on the disk, and what would be after a power cut."""
        with self._ground(prepared) as (image, ground):
            exitcode = self._play(prepared, replace(ground, starts=fault.starts), Path("/dev/null"), fault.inject)
            expected = Expected()
            expected.hear(read_ledger(self._ledger))
            findings = []
            if image is not None:
                image.copy(self._place / "cut")
                with mounted(self._place / "cut", self._place / "after") as after:
                    findings.append(_compared(prepared, expected, after.mount))
            findings.append(_compared(prepared, expected, ground.disk))
        self._judge(fault, exitcode, expected, findings[-1])
        return Outcome(expected.accepted, tuple(findings))

    def _judge(self, fault: Fault, exitcode: int, expected: Expected, findings: Findings) -> None:
        """Beyond what lies on the disk: nobody crashed, refusals have their names, and errors that pass are over."""
        if exitcode not in ({_KILLED, 0} if "SIGKILL" in fault.inject else {0}):
            findings.corrupt.append(f"ended with {exitcode}: {self._log.read_text()[-2000:]}")
        if expected.codes - _CODES:
            findings.corrupt.append(f"refused with {expected.codes}")
        if fault.passes and expected.asked in expected.open:
            findings.lost.append(f"goes on refusing after the error: {expected.open[expected.asked]}")

    def _play(self, prepared: Prepared, ground: Ground, out: Path, inject: str) -> int:
        process = Forked(self._log, run, prepared.name, *_said(ground))
        with traced(process, out, inject):
            return process.wait()

    @contextmanager
    def _ground(self, prepared: Prepared) -> Iterator[tuple[LoopImage | None, Ground]]:
        disk = self._place / "disk"
        shutil.copyfile(prepared.ledger, self._ledger)
        if prepared.disk.is_dir():
            shutil.copytree(prepared.disk, disk)
            try:
                yield None, Ground(disk, self._ledger, self._outside)
            finally:
                shutil.rmtree(disk)
            return
        copy_image(prepared.disk, self._place / "image")
        with mounted(self._place / "image", disk) as image:
            yield image, Ground(disk, self._ledger, self._outside)


def _said(ground: Ground) -> tuple[Path, Path, Path, int]:
    return ground.disk, ground.ledger, ground.outside, ground.starts


def _compared(prepared: Prepared, expected: Expected, disk: Path) -> Findings:
    if (disk / FILLER).exists():
        drop(disk / FILLER)
    may_be_new = PLAYS[prepared.name].may_be_new
    findings = compare(expected, disk / FOLDER, may_be_new=may_be_new)
    if may_be_new:
        kept = [hashlib.sha256(aside.read_bytes()).hexdigest() for aside in (disk / FOLDER).glob("*.aside.db")]
        if kept != [prepared.store_sha256]:
            findings.lost.append(f"{len(kept)} stores set aside, or not as they were")
    return findings


def _sha256(disk: Path) -> str:
    store = disk / FOLDER / STORE
    return hashlib.sha256(store.read_bytes()).hexdigest() if store.exists() else ""
