# SPDX-License-Identifier: Apache-2.0
"""A machine whose clocks are played by hand: right time goes on, uptime begins anew, the system clock does anything."""

from dataclasses import dataclass

from edge.core.timekeeping import Look

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
YEAR_US = 365 * DAY_US


@dataclass(slots=True)
class WrongMachine:
    """`true_us` is what nobody on the machine knows; uptime and system clock are all that it shows."""

    true_us: int
    boots: int = 0
    booted_us: int = 0
    """The right time when it came up."""
    off_us: int = 0
    """What its system clock is ahead of right time."""
    served: bool = False
    """Whether a time service holds the system clock."""

    @property
    def boot_id(self) -> str:
        """As the kernel would name it."""
        return f"boot-{self.boots}"

    def boot(self, dark_us: int, shows_us: int | None) -> None:
        """Power back after so long; the clock shows that, or None for what is right."""
        self.true_us += dark_us
        self.booted_us = self.true_us
        self.boots += 1
        self.served = False
        self.off_us = 0 if shows_us is None else shows_us - self.true_us

    def passes(self, us: int) -> None:
        """Time goes on."""
        self.true_us += us

    def jumps(self, us: int) -> None:
        """Somebody or something sets the system clock."""
        self.off_us += us

    def serve(self) -> None:
        """A time service is reached: the system clock is right from now on."""
        self.off_us, self.served = 0, True

    def uptime_us(self) -> int:
        """Since it came up."""
        return self.true_us - self.booted_us

    def look(self) -> Look:
        """Both clocks, as the agent sees them."""
        return Look(self.true_us + self.off_us, self.uptime_us(), 5 if self.served else None)
