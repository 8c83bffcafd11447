# SPDX-License-Identifier: Apache-2.0
"""What a simulated device tells: facts that a lamp could have measured, of the size asked for, no two alike."""

import random
from typing import Final

from edge.contract.envelope import TYPE_PREFIX, event_body

TYPE: Final = f"{TYPE_PREFIX}lamp.reading.v1"


class Readings:
    """The facts of one device, the same for the same seed."""

    def __init__(self, device: str, seed: int, data_bytes: int) -> None:
        """Tell of `device`."""
        self._device = device
        self._chance = random.Random(f"{seed} {device}")  # noqa: S311  (facts, not secrets)
        self._data_bytes = data_bytes
        self._told = 0

    def next(self) -> bytes:
        """The body of the next event."""
        self._told += 1
        chance = self._chance
        data = {
            "reading": self._told,
            "level_pct": int(chance.random() * 101),
            "power_w": round(10 + chance.random() * 180, 2),
            "voltage_v": round(223 + chance.random() * 12, 1),
            "seal": "",
        }
        body = event_body(TYPE, data, subject=self._device)
        # Random digits fill it up: the part of an event that no compression gets smaller.
        room = self._data_bytes - len(body) + body.index(b'"data":') + len(b'"data":')
        if room <= 0:
            return body
        seal = f"{chance.getrandbits(4 * room):0{room}x}".encode()
        return body.replace(b'"seal":""', b'"seal":"' + seal + b'"')
