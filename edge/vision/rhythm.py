# SPDX-License-Identifier: Apache-2.0
"""When a frame is due: so many times a second on average, whatever the rate at which the camera gives them."""

_EARLY = 0.1
"""Of a period: frames never come exactly in time, and one that is a little early is the one that was meant."""
_MADE_UP = 2
"""Who is late by so many periods begins anew: one look is made up for, but no more of them in a rush."""


class Rhythm:
    """Counts periods on from when a frame was due, not from when it came.

    Of 12.5 frames a second every third makes 4.2; of those counted on from their due times it is 5 all the same.
    """

    def __init__(self) -> None:
        self._slot_us: int | None = None
        """When the last frame was due."""
        self._taken_us = 0
        self._waits_us: int | None = None
        """When the first frame came that was due and has not been taken."""
        self.dropped = 0
        """Periods in which frames came and were due, and none was taken, then or soon after."""

    def due(self, at_us: int, fps: float) -> bool:
        """Whether a frame captured now should be looked at."""
        due = self._is_due(at_us, fps)
        if due and self._waits_us is None:
            self._waits_us = at_us
        return due

    def take(self, at_us: int, fps: float) -> None:
        """The frame captured now is looked at."""
        period_us = 1e6 / fps
        slot_us = at_us if self._slot_us is None else self._slot_us + round(period_us)
        if abs(at_us - slot_us) >= _MADE_UP * period_us:
            slot_us = at_us
            if self._waits_us is not None:
                self.dropped += max(0, int((at_us - self._waits_us) / period_us))
        self._slot_us, self._taken_us, self._waits_us = slot_us, at_us, None

    def wants(self, at_us: int, fps: float) -> bool:
        """Both at once, for whoever can look at any frame at any time."""
        due = self.due(at_us, fps)
        if due:
            self.take(at_us, fps)
        return due

    def _is_due(self, at_us: int, fps: float) -> bool:
        if self._slot_us is None or at_us < self._taken_us:
            return True
        return at_us - self._slot_us >= (1 - _EARLY) * 1e6 / fps
