# SPDX-License-Identifier: Apache-2.0
import random
import subprocess

import pytest

from edge.contract.outbox import SHED_TYPE
from edge.contract.words import Lane
from provisioning.bench.record import Record
from tests.scenarios.carrying import Stick, store_up
from tests.scenarios.load import wait_until
from tests.scenarios.world import DEVICE, World

pytestmark = [pytest.mark.scenario, pytest.mark.broker, pytest.mark.slow]

PICTURE_BYTES = 3_000_000
"""More pieces than a device has under way at once."""
LANES = (Lane.URGENT, Lane.RECORD, Lane.STATE, Lane.METRIC)


def picture(seed: int) -> bytes:
    return random.Random(seed).randbytes(PICTURE_BYTES)


def assert_all_there_once(world: World, rows: int) -> None:
    """The hub has every row of the device once, and whole pictures, and was told of nothing lost."""
    status = world.agent.answer()
    last = {lane: depth.last_seq for lane, depth in status.lanes.items()}
    record = Record(world.hub.folder)
    try:
        assert record.received_of(DEVICE, status.epoch, last) == sum(last.values())
        assert record.received() >= rows
        assert (record.lost(), record.duplicated(), record.gaps(), record.refused()) == (0, 0, 0, [])
        assert record.blobs_verified() == record.blobs_expected() > 0
        told = [event["data"]["reason"] for event in record.events(SHED_TYPE)]
        assert "acked-before" not in told, "the hub was taken for one restored from a backup"
    finally:
        record.close()


def test_backlog_is_carried_and_then_the_device_comes_back(world: World) -> None:
    """What came on the stick is at the hub first; the device sends it all again, and nothing is there twice."""
    stick = Stick.of(world)
    store_up(world.store, 500, [picture(1)], LANES)
    world.agent.start()
    world.load("offline").finish_after(200)
    shown = stick.outbox()
    assert shown["agent"]
    assert sum(lane["rows"] for lane in shown["lanes"].values()) > 4 * 500 + 200
    file = stick.export()
    world.agent.stop()
    world.broker.start()
    world.hub.start()
    told = stick.import_(file)
    assert told["hub_has"] == {lane: part["last"] for lane, part in told["lanes"].items()}
    record = Record(world.hub.folder)
    assert record.received() == told["rows"] == sum(part["rows"] for part in told["lanes"].values())
    assert record.blobs_verified() == record.blobs_expected() == 1
    record.close()
    world.agent.start()
    world.settled()
    assert_all_there_once(world, told["rows"])
    # Once more, for the technician who is not sure: the hub has it, and says so.
    assert stick.import_(file)["delivered"]
    assert_all_there_once(world, told["rows"])


def test_backlog_is_carried_while_the_device_comes_back(world: World) -> None:
    """Device and stick bring the same at the same time: neither stands still, and nothing is there twice."""
    stick = Stick.of(world)
    store_up(world.store, 2000, [picture(2)], LANES)
    world.agent.start()
    world.load("offline").finish_after(100)
    file = stick.export()
    world.broker.start()
    world.hub.start()
    told = stick.import_(file)
    world.settled()
    assert_all_there_once(world, told["rows"])
    assert not world.agent.has_problem("hub-silent")


def test_import_is_killed_in_the_middle(world: World) -> None:
    """An import that dies is simply begun again: what is there already is passed over, the rest comes, once."""
    stick = Stick.of(world)
    store_up(world.store, 12_000, [picture(3)])
    file = stick.export()
    world.broker.start()
    world.hub.start()
    command = stick.import_command(file)
    for goal in (100, 9_000):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as importing:
            record = Record(world.hub.folder)
            wait_until(lambda record=record, goal=goal: record.received() >= goal, 20.0, "the hub has some")  # type: ignore[misc]
            importing.kill()
            importing.wait()
            record.close()
    told = stick.import_(file)
    world.agent.start()
    world.wait_empty()
    assert_all_there_once(world, told["rows"])
