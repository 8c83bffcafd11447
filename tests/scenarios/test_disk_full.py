# SPDX-License-Identifier: Apache-2.0
import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contract.words import Lane
from provisioning.bench.record import Record
from tests.faults.full_store import settle
from tests.faults.loop_image import MIB, loop_image, mounted_memory, why_no_loop_image
from tests.scenarios.load import Pace, wait_until
from tests.scenarios.world import World

pytestmark = [pytest.mark.scenario, pytest.mark.broker]

ROOM_MB = 24
"""Enough for the room that the store keeps back, and soon filled."""


@pytest.fixture(params=["tmpfs", "ext4"])
def small_disk(request: pytest.FixtureRequest, folder: Path) -> Iterator[Path]:
    """A file system that is soon full: one that says so at once, and one with a journal that finds room later."""
    if reason := why_no_loop_image():
        pytest.skip(reason)
    if request.param == "ext4":
        with loop_image(ROOM_MB, folder) as image:
            yield image.mount
    else:
        with mounted_memory(folder / "disk", ROOM_MB * MIB):
            yield folder / "disk"


@pytest.fixture
def cramped(small_disk: Path, world: World) -> Iterator[World]:
    """A world whose device keeps its store on the small disk; all ends before the disk goes."""
    world.configure(store=small_disk / "store")
    yield world
    world.close()


def test_disk_full_and_free_again(cramped: World, small_disk: Path) -> None:
    """On a disk that others filled the newest events are kept at the cost of the oldest; with room again none goes."""
    cramped.start()
    load = cramped.load("meter", pace=Pace(lines=2, rest_s=0.02))
    load.until(50)
    filler = fill(small_disk)
    accepted = load.accepted
    wait_until(lambda: load.accepted >= accepted + 50, 30.0, "events are accepted on a full disk")
    cramped.agent.answer()
    filler.unlink()
    accepted = load.accepted
    wait_until(lambda: load.accepted >= accepted + 50, 30.0, "events are accepted with room again")
    settle_told(cramped)
    assert cramped.agent.child.running


def test_full_disk_while_the_link_is_down(cramped: World, small_disk: Path) -> None:
    """What goes for want of room while nobody hears of it is told by range when the hub is back, the rest is there."""
    cramped.agent.start()
    load = cramped.load("meter", pace=Pace(lines=10, rest_s=0.02, pad=2000))
    load.until(500)
    fill(small_disk)
    accepted = load.accepted
    wait_until(lambda: load.accepted >= accepted + 200, 30.0, "events are accepted on a full disk")
    status = cramped.agent.answer()
    assert status.lanes[Lane.METRIC].shed_rows
    cramped.broker.start()
    cramped.hub.start()
    settle_told(cramped)


def test_start_on_a_full_disk(cramped: World, small_disk: Path) -> None:
    """An agent that starts on a full disk still delivers what it holds, all of it once."""
    cramped.agent.start()
    cramped.load("meter").finish_after(300)
    cramped.agent.kill()
    fill(small_disk)
    cramped.broker.start()
    cramped.hub.start()
    cramped.agent.start()
    cramped.settled()


def settle_told(world: World) -> None:
    """Every accepted event is at the hub, or in a range it was told of."""
    lines = [line for load in world.loads for line in load.finish()]
    world.wait_empty()
    record = Record(world.hub.folder)
    try:
        assert settle(record, [line for line in lines if line.id]).clean
    finally:
        record.close()


def fill(disk: Path) -> Path:
    """Take all room there is."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65_536, 4_096, 512):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError as full:
                if full.errno != errno.ENOSPC:
                    raise
    return filler
