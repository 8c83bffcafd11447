# SPDX-License-Identifier: Apache-2.0
"""Puts the screen on the display and runs until it is closed. Importing this needs Qt."""

import signal
import time
from datetime import UTC, datetime

from PySide6.QtCore import Qt
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QApplication, QWidget

from edge.contract.problems import Language, Problem
from kiosk_ui.agent_link import AgentLink
from kiosk_ui.complaint import complain
from kiosk_ui.fonts import chinese_family
from kiosk_ui.screens.service import ServiceScreen
from kiosk_ui.terminal import Terminal
from kiosk_ui.words import words_in

_DESK_PX = (720, 1280)
"""A portrait panel at a size that fits on a desk's monitor."""


def show(socket: str, language: Language, *, windowed: bool) -> int:
    """Show the screen until it is closed or told to end; the exit status."""
    application = QApplication([])
    family = chinese_family()
    if family is None:
        complain(Problem(code="screen-font-missing"), language)
    first, second = languages(language, can_write_chinese=family is not None)
    screen = ServiceScreen(words_in(first), words_in(second) if second else None, family)
    terminal = Terminal(AgentLink(socket), screen, time.monotonic, lambda: datetime.now(UTC).astimezone())
    terminal.start()
    if windowed:
        screen.resize(*_DESK_PX)
        screen.show()
    else:
        fill(application.primaryScreen(), screen)
    # The terminal's timer gives Python a turn twice a second, so the handler runs soon after the signal.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: application.quit())
    status = application.exec()
    terminal.stop()
    return status


def fill(panel: QScreen, screen: QWidget) -> None:
    """Cover the whole panel, without a pointer, also when the panel is turned or changed."""
    # A kiosk's X server often has no window manager, and then nobody but us makes a full-screen window full.
    screen.setGeometry(panel.geometry())
    panel.geometryChanged.connect(screen.setGeometry)
    screen.setCursor(Qt.CursorShape.BlankCursor)
    screen.showFullScreen()


def languages(wanted: Language, *, can_write_chinese: bool) -> tuple[Language, Language | None]:
    """The language of everything, and the one of the second title. Boxes help nobody: without the font, no Chinese."""
    if not can_write_chinese:
        return Language.EN, None
    return wanted, Language.EN if wanted is Language.ZH else Language.ZH
