# SPDX-License-Identifier: Apache-2.0
"""What the settings allow: the cap of the whole store, and the share that each lane may count on and may reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from edge.config.models import Store as StoreSettings
from edge.contract.words import Lane

GIVES_WAY: Final = (Lane.METRIC, Lane.STATE, Lane.BLOB)
"""Who goes first when room is needed."""
GIVES_WAY_LAST: Final = (Lane.RECORD, Lane.URGENT)
"""Who goes when of the others nothing is left."""
_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class LaneShare:
    """Shares of the cap, 0 to 1: kept while others have more than their own, and never exceeded."""

    floor: float = 0.0
    ceiling: float = 1.0
    keep_us: int | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """The cap in bytes and every lane's share of it."""

    cap: int
    lanes: Mapping[Lane, LaneShare]

    @classmethod
    def of(cls, settings: StoreSettings) -> Self:
        """As the device's file says."""
        shares = {
            lane: LaneShare(
                room.floor_pct / 100,
                room.ceiling_pct / 100,
                round(room.keep_days * _DAY_US) if room.keep_days is not None else None,
            )
            for lane, room in settings.lanes.items()
        }
        return cls(settings.cap_mb * 1024 * 1024, {lane: shares.get(lane, LaneShare()) for lane in Lane})
