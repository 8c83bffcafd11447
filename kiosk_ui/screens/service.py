# SPDX-License-Identifier: Apache-2.0
"""The screen that says whether this terminal is in service, large enough to be read across a hall."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from kiosk_ui.colours import DAWN, DAY, DUSK, QUIET, TEXT, Mood
from kiosk_ui.flow import InService, OutOfService, Screen, Starting
from kiosk_ui.widgets.emblem import Emblem, Shape
from kiosk_ui.widgets.shore import Shore
from kiosk_ui.words import Message, Words


@dataclass(frozen=True)
class Look:
    """How a state is shown."""

    mood: Mood
    shape: Shape
    message: Message


def look_of(screen: Screen, words: Words) -> Look:
    """What a citizen sees of a state."""
    match screen:
        case Starting():
            return Look(DAWN, Shape.DOTS, words.starting)
        case InService(online=True):
            return Look(DAY, Shape.TICK, words.in_service)
        case InService():
            return Look(DAY, Shape.TICK, words.in_service_offline)
        case OutOfService():
            return Look(DUSK, Shape.PAUSE, words.out_of_service)
        case _:
            assert_never(screen)


class ServiceScreen(Shore):
    """Shows one state in one language, and its title in a second one if there is one that this machine can write."""

    def __init__(self, words: Words, second: Words | None, family: str | None) -> None:
        """Start with the starting screen. `family` is the font for all text; None leaves it to the system."""
        super().__init__()
        self._words = words
        self._second = second
        self._family = family
        self.setWindowTitle(words.name)
        self._emblem = Emblem()
        self.title = self._label(TEXT, weight=QFont.Weight.Bold)
        self.second_title = self._label(QUIET)
        self.body = self._label(TEXT)
        self.next = self._label(QUIET)
        self.name = self._label(QUIET, aligned=Qt.AlignmentFlag.AlignLeft)
        self.name.setText(words.name)
        self.clock = self._label(TEXT, aligned=Qt.AlignmentFlag.AlignRight, weight=QFont.Weight.DemiBold)
        self.date = self._label(QUIET, aligned=Qt.AlignmentFlag.AlignRight)
        self.terminal = self._label(QUIET, aligned=Qt.AlignmentFlag.AlignLeft)
        self.code = self._label(QUIET, aligned=Qt.AlignmentFlag.AlignRight)
        self._column = self._laid_out()
        self.show_state(Starting())

    def show_state(self, screen: Screen) -> None:
        """Show a state of the flow."""
        look = look_of(screen, self._words)
        self.set_mood(look.mood)
        self._emblem.set_sign(look.shape, look.mood)
        self.title.setText(look.message.title)
        self.body.setText(look.message.body)
        self.next.setText(look.message.next)
        self.next.setVisible(bool(look.message.next))
        if self._second is not None:
            self.second_title.setText(look_of(screen, self._second).message.title)
        device = None if isinstance(screen, Starting) else screen.device
        self.terminal.setText(self._words.terminal.format(device=device) if device else "")
        self.code.setText(screen.code if isinstance(screen, OutOfService) else "")

    def show_time(self, at: datetime | None) -> None:
        """Show local time; None shows no time at all, which is better than a wrong one."""
        if at is None:
            self.clock.setText("")
            self.date.setText("")
            return
        self.clock.setText(f"{at:%H:%M}")
        weekday = self._words.weekdays[at.weekday()]
        self.date.setText(self._words.date.format(year=at.year, month=at.month, day=at.day, weekday=weekday))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit type and margins to the panel, so that one design serves portrait and landscape, 10 to 32 inches."""
        super().resizeEvent(event)
        unit = unit_px(self.width(), self.height())
        sizes = (
            (self.title, 13.0),
            (self.second_title, 5.0),
            (self.body, 4.2),
            (self.next, 3.6),
            (self.name, 3.2),
            (self.clock, 5.6),
            (self.date, 2.8),
            (self.terminal, 2.6),
            (self.code, 2.6),
        )
        for label, share in sizes:
            font = label.font()
            font.setPixelSize(round(unit * share))
            label.setFont(font)
        self._emblem.set_side(round(unit * 30))
        margin = round(unit * 6)
        self._column.setContentsMargins(margin, margin, margin, round(unit * 4))
        self._column.setSpacing(round(unit * 2.4))
        self._column.activate()

    def _laid_out(self) -> QVBoxLayout:
        column = QVBoxLayout(self)
        # The panel decides the size; a long text must never push the window beyond its edge.
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        column.addLayout(_row(self.name, _stacked(self.clock, self.date)))
        column.addStretch(4)
        column.addWidget(self._emblem, alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.title)
        column.addWidget(self.second_title)
        column.addStretch(1)
        column.addWidget(self.body)
        column.addWidget(self.next)
        column.addStretch(6)
        column.addLayout(_row(self.terminal, self.code))
        return column

    def _label(
        self,
        colour: str,
        aligned: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignHCenter,
        weight: QFont.Weight = QFont.Weight.Normal,
    ) -> QLabel:
        label = QLabel()
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAlignment(aligned | Qt.AlignmentFlag.AlignVCenter)
        label.setWordWrap(aligned is Qt.AlignmentFlag.AlignHCenter)
        label.setStyleSheet(f"color: {colour}")
        font = QFont(self._family) if self._family else label.font()
        font.setWeight(weight)
        label.setFont(font)
        return label


def unit_px(width_px: int, height_px: int) -> float:
    """One hundredth of what limits the design: the width in portrait, seven tenths of the height in landscape."""
    return max(1.0, min(width_px, height_px * 0.7) / 100)


def _row(left: QWidget, right: QWidget | QVBoxLayout) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(left, alignment=Qt.AlignmentFlag.AlignTop)
    row.addStretch(1)
    if isinstance(right, QWidget):
        row.addWidget(right)
    else:
        row.addLayout(right)
    return row


def _stacked(upper: QWidget, lower: QWidget) -> QVBoxLayout:
    stack = QVBoxLayout()
    stack.setSpacing(0)
    stack.addWidget(upper)
    stack.addWidget(lower)
    return stack
