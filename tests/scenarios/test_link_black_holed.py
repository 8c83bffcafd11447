# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from provisioning.bench.chaos.fault import Fault, Kind, Way
from provisioning.bench.chaos.proxy import Proxy
from tests.faults import link
from tests.scenarios.load import Pace, wait_until
from tests.scenarios.world import LinkTimes, World

pytestmark = [pytest.mark.scenario, pytest.mark.broker, pytest.mark.slow]

TIMES = LinkTimes(
    ack_timeout_s=1.0,
    connect_timeout_s=60.0,
    backoff_min_s=0.05,
    backoff_max_s=0.3,
    keepalive_s=3600,
    silence_s=3600.0,
    canary_s=3600.0,
)
"""So that nothing but the missing acknowledgement can be the reason."""


def test_link_suffers_everything(folder: Path) -> None:
    """Lost acknowledgements, delays, resets, black holes, half-open lines, deaf greetings: each event arrives once."""
    tally = link.play(5, 0.02, folder)
    assert tally.clean, tally
    assert tally.faults >= 70
    assert tally.accepted > 100


def test_black_hole_is_noticed(world: World) -> None:
    """A line that stays open and swallows everything is given up after the acknowledgement time-out."""
    holes = [
        Fault(turn=turn, kind=Kind.BLACK_HOLE, way=Way.BOTH, after=after)
        for turn, after in enumerate((900, 1_700, 3_100))
    ]
    world.broker.start()
    world.hub.start()
    with Proxy(world.broker.port, holes) as proxy:
        world.configure(port=proxy.port, times=TIMES)
        world.agent.start()
        world.load("meter", pace=Pace(lines=2, rest_s=0.02))
        wait_until(lambda: len(proxy.noticed_s) == len(holes), 30.0, "the device has dialled again each time")
        world.settled()
