# SPDX-License-Identifier: Apache-2.0
"""The colours of the coast. Text has a contrast of at least 7 : 1 on every ground it stands on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mood:
    """One screen's light, as #rrggbb: `sky` down to `sea` behind everything, `far` and `near` waves at the foot."""

    sky: str
    sea: str
    far: str
    near: str
    mark: str
    on_mark: str


TEXT = "#FFFFFF"
QUIET = "#DCEBEE"
"""Sea foam: for what is second to the message, still far above the 4.5 : 1 of WCAG."""
DAY = Mood(sky="#0A4A5E", sea="#06303F", far="#0B4F62", near="#04222E", mark="#7FE0C3", on_mark="#06303F")
"""In service: clear water."""
DUSK = Mood(sky="#3A3346", sea="#211D2B", far="#463B4C", near="#17141F", mark="#FFC76B", on_mark="#211D2B")
"""Out of service: evening with a harbour lamp. Amber and not red: nobody is in danger."""
DAWN = Mood(sky="#274A60", sea="#16303F", far="#2B4E63", near="#0F232F", mark="#BFD9E6", on_mark="#16303F")
"""Starting: before sunrise."""


_SRGB_KNEE = 0.04045


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two #rrggbb colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= _SRGB_KNEE else ((channel + 0.055) / 1.055) ** 2.4
