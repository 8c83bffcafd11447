# SPDX-License-Identifier: Apache-2.0
"""When a recorded frame is due: at its own time as if it were a camera, or at once."""

import time
from dataclasses import dataclass, field
from typing import Literal

from edge.vision.steady import steady_us

Pacing = Literal["live", "fast"]


@dataclass(frozen=True, slots=True)
class Pace:
    """Turns positions in a recording into capture times that begin now, and waits for them if live."""

    pacing: Pacing
    start_us: int = field(default_factory=steady_us)
    started_ns: int = field(default_factory=time.monotonic_ns)

    def reach(self, position_s: float) -> int:
        """Capture time of what lies `position_s` into the recording, microseconds since 1970 UTC; live, wait for it."""
        if self.pacing == "live":
            early_s = position_s - (time.monotonic_ns() - self.started_ns) / 1e9
            if early_s > 0:
                time.sleep(early_s)
        return self.start_us + round(position_s * 1e6)
