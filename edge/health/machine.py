# SPDX-License-Identifier: Apache-2.0
"""The machine's own clocks, and whether its time service holds them: one look."""

import ctypes
import time
from pathlib import Path
from typing import Final

from edge.core.clock import uptime_us
from edge.core.timekeeping import Look

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
TIMESYNC: Final = Path("/run/systemd/timesync/synchronized")
_TIME_ERROR: Final = 5
"""What the kernel answers while nobody holds its clock."""
_SAME_CLOCK_US: Final = 2_000_000
"""The kernel vouches for its own clock only: a process that is shown another one is not vouched for."""
_TO_DRIFT: Final = 5
"""The kernel lets its error grow by 500 in a million since the last word of the service; crystals drift by 100."""


class Timex(ctypes.Structure):
    """`struct timex` of `adjtimex(2)`; natural alignment puts the gaps where the kernel has them."""

    _fields_ = [  # type: ignore[mutable-override]
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time_s", ctypes.c_long),
        ("time_part", ctypes.c_long),
        ("rest", ctypes.c_long * 24),
    ]


STA_NANO: Final = 0x2000
"""The kernel's microseconds are nanoseconds."""


def look() -> Look:
    """Both clocks now, and how far off the system clock is if a time service holds it."""
    up_us, system_us = uptime_us(), time.time_ns() // 1_000
    return Look(system_us, up_us, service_error_ms(system_us))


def service_error_ms(system_us: int) -> int | None:
    """How far off the system clock may be; None if no service (timesyncd, chrony, ntpd) holds it.

    Asked of the kernel, whom all of them tell. Where it may not be asked, timesyncd's mark must do.
    """
    answer = Timex()
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(answer))
    return judged(state, answer, system_us)


def judged(state: int, answer: Timex, system_us: int) -> int | None:
    """What the kernel's answer says of the clock that shows `system_us`."""
    if state < 0:
        return 0 if TIMESYNC.exists() else None
    part_us = answer.time_part // (1_000 if answer.status & STA_NANO else 1)
    its_own_us = answer.time_s * 1_000_000 + part_us
    if state == _TIME_ERROR or abs(its_own_us - system_us) > _SAME_CLOCK_US:
        return None
    return int(answer.esterror + answer.maxerror // _TO_DRIFT) // 1_000


def read_boot_id() -> str:
    """The kernel's name for this boot."""
    return BOOT_ID.read_text("ascii").strip()
