# SPDX-License-Identifier: Apache-2.0
"""Hears at the broker what the hub tells a device that it has: a third party's view of "it is there"."""

import json
import threading
import time
from types import TracebackType
from typing import Final, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.contract.topics import DEFAULT_ROOT, Down, Topics
from edge.contract.words import Lane
from provisioning.bench.broker import HOST

_WITHIN_S: Final = 30.0


class AckWatch:
    """Listens to one device's acknowledgements while it is entered."""

    def __init__(self, port: int, device: str, lane: Lane) -> None:
        """Note when `lane` comes how far."""
        self._lane = lane.value
        self._changed = threading.Condition()
        self._ready = False
        self._reached: list[tuple[int, float]] = []
        self.heard = 0
        """Acknowledgements of any lane."""
        self._topic = Topics(DEFAULT_ROOT).down(device, Down.ACK)
        self._port = port
        self._client = Client(CallbackAPIVersion.VERSION2, "", protocol=MQTTProtocolVersion.MQTTv5)

    def __enter__(self) -> Self:
        """Subscribed."""
        self._client.on_connect = lambda client, *_: client.subscribe(self._topic, 1)
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.connect(HOST, self._port)
        self._client.loop_start()
        with self._changed:
            assert self._changed.wait_for(lambda: self._ready, _WITHIN_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Gone."""
        self._client.disconnect()
        self._client.loop_stop()

    def when(self, seq: int, within_s: float = _WITHIN_S) -> float:
        """The instant, on `perf_counter`, at which the hub said that it has everything up to `seq`."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._reached and self._reached[-1][0] >= seq, within_s)
            return next(at_s for reached, at_s in self._reached if reached >= seq)

    def _on_subscribe(self, *_: object) -> None:
        with self._changed:
            self._ready = True
            self._changed.notify_all()

    def _on_message(self, _: Client, __: object, message: MQTTMessage) -> None:
        now_s = time.perf_counter()
        acked = json.loads(message.payload)["acks"].get(self._lane, 0)
        with self._changed:
            self.heard += 1
            if not self._reached or acked > self._reached[-1][0]:
                self._reached.append((acked, now_s))
            self._changed.notify_all()
