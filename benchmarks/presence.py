# SPDX-License-Identifier: Apache-2.0
"""Sees at the broker when a program says that it is there: the only start-up that matters to a hub."""

import json
import threading
import time
from types import TracebackType
from typing import Final, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from provisioning.bench.broker import HOST

_WITHIN_S: Final = 30.0


class PresenceWatch:
    """Listens on one topic while it is entered."""

    def __init__(self, port: int, topic: str) -> None:
        """Listen to `topic` on the broker at `port`."""
        self._port = port
        self._topic = topic
        self._changed = threading.Condition()
        self._ready = False
        self._seen_s: float | None = None
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

    def forget(self) -> None:
        """What was seen so far does not count."""
        with self._changed:
            self._seen_s = None

    def wait(self) -> float:
        """The instant, on `perf_counter`, of the first word "online" since `forget`."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._seen_s is not None, _WITHIN_S), "nobody came online"
            assert self._seen_s is not None
            return self._seen_s

    def _on_subscribe(self, *_: object) -> None:
        with self._changed:
            self._ready = True
            self._changed.notify_all()

    def _on_message(self, _: Client, __: object, message: MQTTMessage) -> None:
        now_s = time.perf_counter()
        if json.loads(message.payload)["online"]:
            with self._changed:
                self._seen_s = self._seen_s or now_s
                self._changed.notify_all()
