# SPDX-License-Identifier: Apache-2.0
"""What of a role's settings can be drawn onto its cameras' pictures: zones, lanes, gates, spaces."""

from collections.abc import Iterable
from dataclasses import dataclass

from edge.core.tables import Drawn


@dataclass(frozen=True, slots=True)
class Outline:
    """Corners as fractions of the picture; two of them make a line, more an area."""

    camera: str
    name: str
    corners: tuple[tuple[float, float], ...]


def outlines_of(parts: Iterable[Drawn]) -> tuple[Outline, ...]:
    """Parts of pictures under their own names."""
    return tuple(Outline(part.camera, part.name, part.polygon) for part in parts)


def cameras_of(parts: Iterable[Drawn]) -> frozenset[str]:
    """All that look at them."""
    return frozenset(part.camera for part in parts)
