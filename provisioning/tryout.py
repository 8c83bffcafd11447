# SPDX-License-Identifier: Apache-2.0
"""Has a detector look at painted frames, in a process that can see, before anybody relies on it."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from edge.contract.problems import ProblemError
from models.add import Added, store

TRYOUT_S = 120
VEHICLES = frozenset({"car", "van", "bus", "truck", "vehicle"})
BLIND = 0.3
"""A detector that finds a smaller part of plain vehicles is fed or read wrongly, or was trained for something else."""
PHANTOMS = 2
"""More finds of nothing than this in all frames are no accident."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What it made of the frames; `vehicles` is 0 for a model that knows none."""

    vehicles: int
    found: int
    phantoms: int
    frames: int
    ms: float

    @property
    def blind(self) -> bool:
        """Whether it hardly sees."""
        return self.found < BLIND * self.vehicles

    @property
    def seeing_things(self) -> bool:
        """Whether it sees what is not there."""
        return self.phantoms > PHANTOMS


def try_out(file: Path, added: Added) -> Tried | None:
    """What the model sees, None where vision is not installed. Raises `ProblemError` if it cannot be used at all."""
    with tempfile.TemporaryDirectory() as folder:
        apart = replace(added, path=Path(folder) / added.path.name)
        store(file, apart)
        command = [sys.executable, "-P", "-m", "edge.vision.tryout", str(apart.path)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=TRYOUT_S, check=False)
            answer = json.loads(done.stdout)
        except (subprocess.TimeoutExpired, json.JSONDecodeError):
            return None
    if "problem" in answer:
        raise ProblemError(answer["problem"], **answer["facts"])
    tried = Tried(**answer)
    knows = VEHICLES & set(added.manifest.kinds.values())
    return tried if knows else replace(tried, vehicles=0, found=0)
