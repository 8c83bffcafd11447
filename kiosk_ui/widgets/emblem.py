# SPDX-License-Identifier: Apache-2.0
"""A round sign that tells the state by its shape as well as by its colour."""

from enum import Enum

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from kiosk_ui.colours import DAWN, Mood


class Shape(Enum):
    """Strokes on a field of 100 by 100."""

    TICK = (((28, 52), (44, 68), (74, 36)),)
    PAUSE = (((39, 32), (39, 68)), ((61, 32), (61, 68)))
    DOTS = (((29, 50), (31, 50)), ((49, 50), (51, 50)), ((69, 50), (71, 50)))


class Emblem(QWidget):
    """A filled disc with a shape on it."""

    shape: Shape = Shape.DOTS
    mood: Mood = DAWN

    def set_sign(self, shape: Shape, mood: Mood) -> None:
        """Show another sign."""
        self.shape, self.mood = shape, mood
        self.update()

    def set_side(self, side_px: int) -> None:
        """Take a square of this size."""
        self.setFixedSize(QSize(side_px, side_px))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint halo, disc and shape."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self.width() / 100, self.height() / 100)
        painter.setPen(Qt.PenStyle.NoPen)
        disc = QColor(self.mood.mark)
        halo = QColor(self.mood.mark)
        halo.setAlphaF(0.18)
        painter.setBrush(halo)
        painter.drawEllipse(QRectF(0, 0, 100, 100))
        painter.setBrush(disc)
        painter.drawEllipse(QRectF(10, 10, 80, 80))
        pen = QPen(QColor(self.mood.on_mark), 9)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for stroke in self.shape.value:
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in stroke]))
        painter.end()
