# SPDX-License-Identifier: Apache-2.0
"""What of a role's settings can be drawn onto its cameras' pictures: zones, lanes, gates, spaces."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outline:
    """Corners as fractions of the picture; two of them make a line, more an area."""

    camera: str
    name: str
    corners: tuple[tuple[float, float], ...]
