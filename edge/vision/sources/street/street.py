# SPDX-License-Identifier: Apache-2.0
"""A simulated street as a source of frames."""

from edge.vision.source import Frame, Wanted, always
from edge.vision.sources.pace import Pace, Pacing
from edge.vision.sources.street.painter import Painter
from edge.vision.sources.street.scenario import Scenario

CAMERA_FPS = 25.0
"""As a real camera would; what is not wanted is not painted, and costs nothing."""


class Street:
    """Frames of one scenario, which begins when the source is opened, or at `begin` of the scenario."""

    def __init__(self, scenario: Scenario, pacing: Pacing) -> None:
        self._painter = Painter(scenario)
        # Painted first, since time runs from here on.
        self._pace = Pace(pacing)
        self._fps = scenario.fps or CAMERA_FPS
        self._begun_s = 0.0 if scenario.begin is None else max(0.0, self._pace.start_us / 1e6 - scenario.begin)
        self._end_s = scenario.end_s
        self._next = 0

    def read(self, wanted: Wanted = always) -> Frame | None:
        """Next wanted frame; None once the scenario has ended, if it ever does."""
        while True:
            position_s = self._next / self._fps
            if self._end_s is not None and self._begun_s + position_s >= self._end_s:
                return None
            at_us = self._pace.reach(position_s)
            self._next += 1
            if wanted(at_us):
                return Frame(at_us, self._painter.paint(self._begun_s + position_s))

    def close(self) -> None:
        """Nothing is held open."""
