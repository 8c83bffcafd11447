# SPDX-License-Identifier: Apache-2.0
"""One flow, one line to the agent, one screen: carries facts and acts between them, and time to all."""

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from PySide6.QtCore import QObject, QTimer

from kiosk_ui.agent_link import AgentLink
from kiosk_ui.flow import Act, Fact, Flow, Ticked, first_flow, step
from kiosk_ui.screens.service import ServiceScreen

TICK_MS = 500
"""Twice as often as the shortest wait of the flow."""


class Terminal(QObject):
    """Runs while the event loop runs. The clocks are arguments, so that a test can be any moment."""

    def __init__(
        self,
        link: AgentLink,
        screen: ServiceScreen,
        now_s: Callable[[], float],
        wall_clock: Callable[[], datetime],
    ) -> None:
        """Nothing happens before `start`."""
        super().__init__()
        self._link = link
        self._screen = screen
        self._now_s = now_s
        self._wall_clock = wall_clock
        self.flow: Flow = first_flow(now_s())
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.tick)
        link.heard.connect(self.take)

    def start(self) -> None:
        """Begin to tick."""
        self._timer.start(TICK_MS)
        self.tick()

    def stop(self) -> None:
        """Hang up and stand still."""
        self._timer.stop()
        self._link.hang_up()

    def tick(self) -> None:
        """Let time pass: on the line, and on the screen's clock."""
        self.take(Ticked())
        self._screen.show_time(self._wall_clock() if self.flow.clock_set else None)

    def take(self, fact: Fact) -> None:
        """Take one fact, show what follows, then do what follows."""
        before = self.flow
        self.flow, acts = step(before, fact, self._now_s())
        if self.flow.screen != before.screen:
            self._screen.show_state(self.flow.screen)
        for act in acts:
            self._do(act)

    def _do(self, act: Act) -> None:
        match act:
            case Act.CONNECT:
                self._link.connect_agent()
            case Act.ASK:
                self._link.ask()
            case Act.HANG_UP:
                self._link.hang_up()
            case _:
                assert_never(act)
