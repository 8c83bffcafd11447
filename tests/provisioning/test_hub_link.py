# SPDX-License-Identifier: Apache-2.0
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from provisioning.bench.broker import HOST
from provisioning.bench.hub_link import HubLink

_PROTOCOL_AT = 8
"""Where a CONNECT shorter than 128 bytes says which MQTT it speaks."""
_MOST_S = 20.0


class OldBroker:
    """Greets whoever speaks MQTT 3.1.1, and hangs up on all others without a word, as RabbitMQ 3.10 does."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self._door = socket.create_server((HOST, 0))
        self.address = (HOST, int(self._door.getsockname()[1]))
        self._lines: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:
                return
            self.heard.append(line.recv(256)[_PROTOCOL_AT])
            if self.heard[-1] == 4:
                line.sendall(b"\x20\x02\x00\x00")
                self._lines.append(line)
            else:
                line.close()

    def close(self) -> None:
        """Gone, with all its connections."""
        self._door.shutdown(socket.SHUT_RDWR)
        for each in (self._door, *self._lines):
            each.close()


@pytest.fixture
def old_broker() -> Iterator[OldBroker]:
    made = OldBroker()
    yield made
    made.close()


def test_broker_of_the_older_mqtt(old_broker: OldBroker) -> None:
    """A broker that hangs up on MQTT 5 is greeted in MQTT 3.1.1 next, once each."""
    link = HubLink([old_broker.address])
    _connect(link)
    assert old_broker.heard == [5, 4]


def test_first_broker_dead(old_broker: OldBroker) -> None:
    """Of several brokers the next is gone to when nobody listens at the first."""
    with socket.create_server((HOST, 0)) as nobody:
        dead = (HOST, int(nobody.getsockname()[1]))
    link = HubLink([dead, old_broker.address])
    _connect(link)
    assert old_broker.heard[-1] == 4


def _connect(link: HubLink) -> None:
    deadline = time.monotonic() + _MOST_S
    while not link.waits_for_filters:
        assert time.monotonic() < deadline
        link.gather(0.05)
