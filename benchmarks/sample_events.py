# SPDX-License-Identifier: Apache-2.0
"""Events as a lamp pole writes them: 200 bytes of data, figures that change with every reading, seeded."""

import json
import random
from collections.abc import Iterator
from typing import Any, Final

DATA_BYTES: Final = 200
TYPE: Final = "cn.dongtou.edge.lamp.reading.v1"


def readings(seed: int = 7) -> Iterator[dict[str, Any]]:
    """Endless `data` members, each `DATA_BYTES` long as compact JSON, no two alike."""
    chance = random.Random(seed)
    while True:
        data = {
            "lamp": f"pole-{chance.randrange(400):03d}/{chance.randrange(1, 3)}",
            "level_pct": chance.randrange(101),
            "voltage_v": round(chance.gauss(229, 3), 1),
            "current_a": round(chance.uniform(0.05, 0.9), 3),
            "power_w": round(chance.uniform(10, 190), 2),
            "energy_wh": chance.randrange(10_000_000),
            "temperature_c": round(chance.gauss(41, 9), 1),
            "seal": "",
        }
        # A digest fills up: the part of an event that no compression gets smaller.
        data["seal"] = f"{chance.getrandbits(512):0128x}"[: DATA_BYTES - len(compact(data))]
        yield data


def compact(data: object) -> bytes:
    """JSON without blanks, as on the wire."""
    return json.dumps(data, separators=(",", ":")).encode()
