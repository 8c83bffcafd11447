# SPDX-License-Identifier: Apache-2.0
"""What a hub gone wrong would say: its acknowledgements again, late, out of order, for others, beyond all bounds."""

import json
import random
from datetime import UTC, datetime
from typing import Any, Final

from paho.mqtt.client import MQTTMessage

from benchmarks.ear import Ear
from edge.contract.topics import DEFAULT_ROOT

_REMEMBERED: Final = 200
_BEYOND: Final = 1_000_000


class AckEcho(Ear):
    """Hears every acknowledgement of a broker and says others after it. A context; counts what it said."""

    def __init__(self, port: int, seed: int) -> None:
        """Not connected yet."""
        super().__init__(port, f"{DEFAULT_ROOT}/+/down/ack", itself=False)
        self.said = 0
        self._chance = random.Random(seed)
        self._heard: list[tuple[str, dict[str, Any]]] = []

    def hear(self, message: MQTTMessage) -> None:
        """An acknowledgement, honest or another echo's."""
        ack = json.loads(message.payload)
        self._heard = [*self._heard[-_REMEMBERED:], (message.topic, ack)]
        match self._chance.randrange(6):
            case 0:
                self._say(message.topic, ack)
            case 1:
                self._say(*self._chance.choice(self._heard))
            case 2:
                for topic, old in self._chance.sample(self._heard, min(3, len(self._heard))):
                    self._say(topic, old)
            case 3:
                self._say(message.topic, {**ack, "epoch": "0" * 16, "acks": _beyond(ack)})
            case 4:
                self._say(message.topic, {**ack, "acks": _beyond(ack), "time": datetime.now(UTC).isoformat()})
            case _:
                pass  # honest

    def _say(self, topic: str, ack: dict[str, Any]) -> None:
        self.client.publish(topic, json.dumps(ack), qos=1)
        self.said += 1


def _beyond(ack: dict[str, Any]) -> dict[str, int]:
    return {lane: seq + _BEYOND for lane, seq in ack["acks"].items()}
