# SPDX-License-Identifier: Apache-2.0
"""Another client at the broker: it hears what is said there, and nobody waits for it."""

import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Final, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

from provisioning.bench.broker import HOST

HEARD_WITHIN_S: Final = 30.0


class Ear(ABC):
    """Listens on one topic while it is entered."""

    def __init__(self, port: int, topic: str, *, itself: bool = True) -> None:
        """Of the broker at `port`; without `itself` it does not hear what it publishes."""
        self.changed = threading.Condition()
        """Hold it where `hear` writes and another thread reads; notify when something has changed."""
        self.client = Client(CallbackAPIVersion.VERSION2, "", protocol=MQTTProtocolVersion.MQTTv5)
        self._port = port
        self._topic = topic
        self._options = SubscribeOptions(qos=1, noLocal=not itself)
        self._listening = threading.Event()

    @abstractmethod
    def hear(self, message: MQTTMessage) -> None:
        """Called on the client's thread."""

    def __enter__(self) -> Self:
        """Subscribed."""
        self.client.on_connect = lambda client, *_: client.subscribe(self._topic, options=self._options)
        self.client.on_subscribe = lambda *_: self._listening.set()
        self.client.on_message = lambda _, __, message: self.hear(message)
        self.client.connect(HOST, self._port)
        self.client.loop_start()
        assert self._listening.wait(HEARD_WITHIN_S), "the broker does not let us subscribe"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Gone."""
        self.client.disconnect()
        self.client.loop_stop()
