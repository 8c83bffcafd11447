# SPDX-License-Identifier: Apache-2.0
"""Who may stay though the zone is not for it: kinds, and plates of the district's list (警车、消防车等特种车辆)."""

import re
from collections.abc import Iterable
from functools import lru_cache

from edge.core.tracks import PlateRead, Track
from edge.roles.illegal_parking.config import Settings, Zone
from edge.roles.illegal_parking.stays import Exemption


def exemption(settings: Settings, zone: Zone, track: Track, plate: PlateRead | None) -> Exemption | None:
    """Why the vehicle may stay, or None if it may not. Only a plate that is surely read exempts anybody."""
    if track.kind in zone.exempt:
        return Exemption("kind", track.kind.value)
    rule = agreeing(settings.exempt_plates, plate.text) if legible(settings, plate) and plate else None
    return None if rule is None else Exemption("plate", rule)


def legible(settings: Settings, plate: PlateRead | None) -> bool:
    """Whether a plate is read surely enough to be told."""
    return plate is not None and plate.sure >= settings.plate_sure


def agreeing(patterns: Iterable[str], plate: str) -> str | None:
    """The first pattern that a plate agrees with: `*` stands for any characters, `?` for one."""
    return next((pattern for pattern in patterns if _pattern(pattern).fullmatch(plate)), None)


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(character, re.escape(character)) for character in text))
