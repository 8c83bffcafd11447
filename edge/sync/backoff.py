# SPDX-License-Identifier: Apache-2.0
"""How long to wait before the next try: decorrelated jitter, so that devices that fell together rise apart."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits between `least_s` and `most_s`; the last wait is remembered, chance is handed in."""

    least_s: float
    most_s: float
    last_s: float = 0.0

    def after_failure(self, chance: float) -> "Backoff":
        """The next wait, in `last_s`: uniform between the least and three times the last. `chance` is 0 to 1."""
        top = min(self.most_s, max(self.least_s, self.last_s) * 3)
        return Backoff(self.least_s, self.most_s, self.least_s + chance * (top - self.least_s))

    def after_success(self) -> "Backoff":
        """Start over."""
        return Backoff(self.least_s, self.most_s)
