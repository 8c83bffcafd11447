# SPDX-License-Identifier: Apache-2.0
"""Hears at the broker what the hub tells a device that it has: a third party's view of "it is there"."""

import json
import time

from paho.mqtt.client import MQTTMessage

from benchmarks.ear import HEARD_WITHIN_S, Ear
from edge.contract.topics import DEFAULT_ROOT, Down, Topics
from edge.contract.words import Lane


class AckWatch(Ear):
    """Listens to one device's acknowledgements while it is entered."""

    def __init__(self, port: int, device: str, lane: Lane) -> None:
        """Note when `lane` comes how far."""
        super().__init__(port, Topics(DEFAULT_ROOT).down(device, Down.ACK))
        self._lane = lane.value
        self._reached: list[tuple[int, float]] = []
        self.heard = 0
        """Acknowledgements of any lane."""

    def when(self, seq: int, within_s: float = HEARD_WITHIN_S) -> float:
        """The instant, on `perf_counter`, at which the hub said that it has everything up to `seq`."""
        with self.changed:
            assert self.changed.wait_for(lambda: self._reached and self._reached[-1][0] >= seq, within_s)
            return next(at_s for reached, at_s in self._reached if reached >= seq)

    def hear(self, message: MQTTMessage) -> None:
        """An acknowledgement."""
        now_s = time.perf_counter()
        acked = json.loads(message.payload)["acks"].get(self._lane, 0)
        with self.changed:
            self.heard += 1
            if not self._reached or acked > self._reached[-1][0]:
                self._reached.append((acked, now_s))
            self.changed.notify_all()
