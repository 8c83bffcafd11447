# SPDX-License-Identifier: Apache-2.0
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from provisioning.bench.broker import HOST
from provisioning.bench.hub_link import Arrived, HubLink

_PROTOCOL_AT = 8
"""Where a CONNECT shorter than 128 bytes says which MQTT it speaks."""
_MOST_S = 200.0


_RETAINED = b"\x33\x09\x00\x03a/b\x00\x07{}"
_CONFIRMED = b"\x40\x02\x00\x07"


class OldBroker:
    """Greets whoever speaks MQTT 3.1.1, and hangs up on all others without a word, as RabbitMQ 3.10 does.

    It knows the client's session, and has a retained word for it at once.
    """

    def __init__(self) -> None:
        self.heard: list[int] = []
        self._door = socket.create_server((HOST, 0))
        self.address = (HOST, int(self._door.getsockname()[1]))
        self.lines: list[socket.socket] = []
        self._serving = threading.Thread(target=self._serve, daemon=True)
        self._serving.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:
                return
            self.lines.append(line)
            self.heard.append(line.recv(256)[_PROTOCOL_AT])
            if self.heard[-1] == 4:
                line.sendall(b"\x20\x02\x01\x00" + _RETAINED)
            else:
                line.close()

    def close(self) -> None:
        """Gone, with all its connections."""
        self._door.shutdown(socket.SHUT_RDWR)
        self._serving.join(_MOST_S)
        for each in (self._door, *self.lines):
            each.close()


@pytest.fixture
def old_broker() -> Iterator[OldBroker]:
    made = OldBroker()
    yield made
    made.close()


def test_broker_of_the_older_mqtt(old_broker: OldBroker) -> None:
    """A broker that hangs up on MQTT 5 is greeted in MQTT 3.1.1 next, once each."""
    with closing(HubLink([old_broker.address])) as link:
        _connect(link)
    assert old_broker.heard == [5, 4]


def test_first_broker_dead(old_broker: OldBroker) -> None:
    """Of several brokers the next is gone to when nobody listens at the first."""
    with socket.create_server((HOST, 0)) as nobody:
        dead = (HOST, int(nobody.getsockname()[1]))
    with closing(HubLink([dead, old_broker.address])) as link:
        _connect(link)
    assert old_broker.heard[-1] == 4


@pytest.mark.parametrize(("brokers", "taken"), [(1, 1), (2, 0)])
def test_retained_by_a_node_of_a_cluster(old_broker: OldBroker, brokers: int, taken: int) -> None:
    """One broker's retained word is the newest there is; a node's may be older than what the session has heard."""
    with closing(HubLink([old_broker.address] * brokers)) as link:
        arrived = _connect(link)
        deadline = time.monotonic() + _MOST_S
        while not arrived and not _confirmed(old_broker):
            assert time.monotonic() < deadline
            arrived += link.gather(0.05)
    assert len(arrived) == taken


def _connect(link: HubLink) -> list[Arrived]:
    """Connect; what came with the greeting."""
    deadline = time.monotonic() + _MOST_S
    arrived: list[Arrived] = []
    while not link.waits_for_filters:
        assert time.monotonic() < deadline
        arrived += link.gather(0.05)
    return arrived


def _confirmed(broker: OldBroker) -> bool:
    if broker.heard[-1:] != [4]:
        return False
    line = broker.lines[-1]
    line.settimeout(0.05)
    try:
        return _CONFIRMED in line.recv(256)
    except TimeoutError:
        return False
