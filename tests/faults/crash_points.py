# SPDX-License-Identifier: Apache-2.0
"""Every crash point: a store's process is killed at the N-th call of each kind that writes, for each N there is.

After the kill the store is opened again and compared with the ledger, and so is the disk as a power cut at the same
point leaves it. Points that several threads or processes of a play share by number are taken where they come first.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.faults.bench import Bench, Fault, Prepared
from tests.faults.round import play_all
from tests.faults.tally import Tally

NAME: Final = "crash points"
MEANING: Final = "killed at the N-th write, fsync, rename, link or unlink, N from 1 to the end"


def play(seed: int, scale: float, folder: Path) -> Tally:
    """Kill at each point, or at every k-th from one drawn by chance where `scale` is below 1."""
    return play_all(_kills, random.Random(seed), scale, folder)


def _kills(prepared: Prepared, bench: Bench) -> Iterator[Fault]:
    for call, n in bench.points(prepared):
        yield Fault(f"{call}:signal=SIGKILL:when={n}")
