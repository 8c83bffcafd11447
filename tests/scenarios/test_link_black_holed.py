# SPDX-License-Identifier: Apache-2.0
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.scenarios.load import Pace, wait_until
from tests.scenarios.proxy import Fault, Kind, Proxy, script
from tests.scenarios.world import LinkTimes, World

pytestmark = [pytest.mark.scenario, pytest.mark.broker, pytest.mark.slow]

TIMES = LinkTimes(ack_timeout_s=1.0, connect_timeout_s=1.0, backoff_min_s=0.05, backoff_max_s=0.3)
SLACK_S = 5.0
"""What a busy machine may add to a time-out."""
SEED = 5


def test_link_suffers_everything(world: World) -> None:
    """Black holes, halves of batches, RST, lost acknowledgements and single bytes, at any byte: each arrives once."""
    faults = script(SEED, rounds=3, most_bytes=6_000)
    with _through(world, faults) as proxy:
        load = world.load("meter", pace=Pace(lines=4, rest_s=0.02))
        wait_until(lambda: len(proxy.struck) == len(faults), 60.0, "every fault has struck")
        load.until(20)
        accepted = world.settled()
    assert len(accepted) > 100
    assert Counter(proxy.struck) == Counter(faults)


def test_black_hole_is_noticed(world: World) -> None:
    """A line that stays open and swallows everything is given up after the acknowledgement time-out."""
    faults = [Fault(Kind.BLACK_HOLE, after) for after in (900, 1_700, 3_100)]
    with _through(world, faults) as proxy:
        world.load("meter", pace=Pace(lines=2, rest_s=0.02))
        wait_until(lambda: len(proxy.noticed_s) == len(faults), 30.0, "the device has dialled again each time")
        world.settled()
    assert max(proxy.noticed_s) < TIMES.ack_timeout_s + TIMES.backoff_max_s + SLACK_S


@contextmanager
def _through(world: World, faults: list[Fault]) -> Iterator[Proxy]:
    """All three started, with a proxy between device and broker."""
    world.broker.start()
    world.hub.start()
    with Proxy(world.broker.port, faults) as proxy:
        world.configure(port=proxy.port, times=TIMES)
        world.agent.start()
        yield proxy
