# SPDX-License-Identifier: Apache-2.0
"""The time of captures: it never jumps while the process lives, whatever is done to the system clock.

A tracker to which a second takes ten years sees ghosts. So a worker counts on from the system clock as it was when it
first asked, tells its agent what that was ahead of uptime, and the agent puts right what there is to put right.
"""

import time
from functools import cache

from edge.core.clock import uptime_us


@cache
def ahead_us() -> int:
    """What times of this process are ahead of uptime."""
    return time.time_ns() // 1_000 - uptime_us()


def steady_us() -> int:
    """Now, microseconds since 1970 UTC as far as this process knows."""
    return ahead_us() + uptime_us()
