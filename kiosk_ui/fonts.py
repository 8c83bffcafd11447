# SPDX-License-Identifier: Apache-2.0
"""Which font to write with, and whether this machine can write Chinese at all."""

from PySide6.QtGui import QFontDatabase

_PREFERRED = ("Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei")


def chinese_family() -> str | None:
    """A family with Chinese characters, or None: then Chinese text would show as boxes."""
    families = QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese)
    return next((family for family in _PREFERRED if family in families), next(iter(families), None))
