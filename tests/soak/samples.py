# SPDX-License-Identifier: Apache-2.0
"""What an agent costs at one moment, and whether it costs more from hour to hour."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.processes import cpu_s, pss_mb, rss_mb
from tests.faults.district import Pole

_WARM_UP_S: Final = 600.0
"""So long an agent may grow: it loads what it needs, and fills its caches."""
_LEAST_S: Final = 2_700.0
"""A slope over less than this says more about the minute it began in than about the hours to come."""
_BLOCK_BYTES: Final = 512


@dataclass(frozen=True, slots=True)
class Sample:
    """One agent at one moment; seconds since the soak began."""

    at_s: float
    pid: int
    rows: int
    acked: int
    pss_mb: float
    rss_mb: float
    disk_mb: float
    cpu_s: float


def take(pole: Pole, begun_s: float) -> Sample | None:
    """Measure; None while the agent does not answer."""
    status = pole.agent.status()
    if status is None:
        return None
    lanes = status.lanes.values()
    return Sample(
        at_s=time.monotonic() - begun_s,
        pid=status.pid,
        rows=sum(lane.last_seq for lane in lanes),
        acked=sum(lane.acked_seq for lane in lanes),
        pss_mb=pss_mb(status.pid),
        rss_mb=rss_mb(status.pid),
        disk_mb=disk_bytes(pole.folder / "store") / 1e6,
        cpu_s=cpu_s(status.pid),
    )


def disk_bytes(folder: Path) -> int:
    """What the files of a folder take on the disk."""
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.stat().st_blocks * _BLOCK_BYTES
        except FileNotFoundError:
            continue  # gone since it was listed
    return total


def cpu_pct(before: Sample | None, now: Sample) -> float:
    """Hundredths of a core since the sample before, or since this process began."""
    if before is None or before.pid != now.pid:
        return float("nan")
    return 100 * (now.cpu_s - before.cpu_s) / (now.at_s - before.at_s)


def growth_mb_h(samples: Sequence[Sample]) -> float | None:
    """Least squares over one process's memory once it is warm; None where there is too little to say anything.

    Of resident memory: the proportional one also moves when neighbours that share libraries come and go.
    """
    if not samples:
        return None
    warm = [one for one in samples if one.pid == samples[-1].pid and one.at_s >= _WARM_UP_S]
    if not warm or warm[-1].at_s - warm[0].at_s < _LEAST_S:
        return None
    return statistics.linear_regression([one.at_s / 3600 for one in warm], [one.rss_mb for one in warm]).slope
