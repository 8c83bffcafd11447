# SPDX-License-Identifier: Apache-2.0
"""The ground of every screen: sky and sea, with two waves at its foot."""

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from kiosk_ui.colours import DAWN, Mood


class Shore(QWidget):
    """Paints its mood behind its children. Nothing moves: a kiosk without a GPU should idle when nobody is there."""

    mood: Mood = DAWN

    def set_mood(self, mood: Mood) -> None:
        """Show another light."""
        self.mood = mood
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint ground and waves over the whole widget."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QLinearGradient(0, 0, 0, self.height())
        ground.setColorAt(0, QColor(self.mood.sky))
        ground.setColorAt(1, QColor(self.mood.sea))
        painter.fillRect(self.rect(), ground)
        box = QRectF(self.rect())
        painter.fillPath(wave(box, crest=0.885, swell=0.024), QColor(self.mood.far))
        painter.fillPath(wave(box, crest=0.915, swell=-0.020), QColor(self.mood.near))
        painter.end()


def wave(box: QRectF, crest: float, swell: float) -> QPainterPath:
    """The area below one long wave; `crest` and `swell` are shares of the height, positive swell rises on the left."""
    level, rise = box.height() * crest, box.height() * swell
    path = QPainterPath(QPointF(0, level))
    third = box.width() / 3
    path.cubicTo(QPointF(third, level - 2 * rise), QPointF(2 * third, level + 2 * rise), QPointF(box.width(), level))
    path.lineTo(box.bottomRight())
    path.lineTo(box.bottomLeft())
    path.closeSubpath()
    return path
