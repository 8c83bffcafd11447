# SPDX-License-Identifier: Apache-2.0
"""What a metered line may cost a day. A lane that has spent its share waits for the next; urgent goes first anyway."""

import json
from collections.abc import Mapping
from typing import Final

from edge.contract.words import Lane

PACKET_BYTES: Final = 120
"""What a publish costs besides its payload: TCP and IP headers both ways, MQTT's own, the answer, the hub's word."""


class Budget:
    """Bytes spent today, by lane."""

    def __init__(self, most_mb: Mapping[Lane, float], remembered: str = "") -> None:
        """Allow each lane in `most_mb` so many megabytes a day; go on with what was `remembered` of today."""
        self._most = {lane: round(megabytes * 1e6) for lane, megabytes in most_mb.items()}
        self._day, self._spent = _read(remembered) if remembered else ("", {})

    @property
    def metered(self) -> bool:
        """Whether any lane has a limit."""
        return bool(self._most)

    def remembered(self) -> str:
        """What to remember over a restart."""
        return json.dumps({"day": self._day, "spent": self._spent})

    def spend(self, lane: Lane, payload: int) -> None:
        """A payload of so many bytes went out."""
        self._spent[lane] = self._spent.get(lane, 0) + payload + PACKET_BYTES

    def closed(self, day: str) -> frozenset[Lane]:
        """Lanes that have used up what `day` allows; another day than the last begins at nothing."""
        if day != self._day:
            self._day, self._spent = day, {}
        return frozenset(lane for lane, most in self._most.items() if self._spent.get(lane, 0) >= most)


def _read(remembered: str) -> tuple[str, dict[Lane, int]]:
    said = json.loads(remembered)
    return str(said["day"]), {Lane(lane): int(spent) for lane, spent in said["spent"].items()}
