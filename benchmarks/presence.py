# SPDX-License-Identifier: Apache-2.0
"""Sees at the broker when a program says that it is there: the only start-up that matters to a hub."""

import json
import time

from paho.mqtt.client import MQTTMessage

from benchmarks.ear import HEARD_WITHIN_S, Ear


class PresenceWatch(Ear):
    """Listens to one program's presence while it is entered."""

    def __init__(self, port: int, topic: str) -> None:
        """Listen to `topic` on the broker at `port`."""
        super().__init__(port, topic)
        self._seen_s: float | None = None

    def forget(self) -> None:
        """What was seen so far does not count."""
        with self.changed:
            self._seen_s = None

    def wait(self) -> float:
        """The instant, on `perf_counter`, of the first word "online" since `forget`."""
        with self.changed:
            assert self.changed.wait_for(lambda: self._seen_s is not None, HEARD_WITHIN_S), "nobody came online"
            assert self._seen_s is not None
            return self._seen_s

    def hear(self, message: MQTTMessage) -> None:
        """A word about presence."""
        now_s = time.perf_counter()
        if json.loads(message.payload)["online"]:
            with self.changed:
                self._seen_s = self._seen_s or now_s
                self.changed.notify_all()
