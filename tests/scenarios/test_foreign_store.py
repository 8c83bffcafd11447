# SPDX-License-Identifier: Apache-2.0
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge.contract.health import PROBLEM_TYPE
from edge.durable.database import SHAPE, STORE, SUSPECT
from provisioning.bench.record import Record
from tests.scenarios.load import Pace, wait_until
from tests.scenarios.world import World

pytestmark = [pytest.mark.scenario, pytest.mark.broker]

PAGE_BYTES = 4096


def noise(store: Path) -> None:
    """What a worn-out card may give back."""
    store.write_bytes(b"\xa5" * 3 * PAGE_BYTES)


def another_programs(store: Path) -> None:
    """Somebody's database under our name."""
    store.unlink()
    with closing(sqlite3.connect(store)) as db:
        db.execute("CREATE TABLE photos (name TEXT)")


def from_the_future(store: Path) -> None:
    """The agent was set back to an older version."""
    with closing(sqlite3.connect(store)) as db:
        db.execute(f"PRAGMA user_version = {SHAPE + 1}")


def torn_header(store: Path) -> None:
    """A power cut on a card that lies about its writes: the first page is gone."""
    with store.open("r+b") as file:
        file.write(bytes(PAGE_BYTES))


def suspect(store: Path) -> None:
    """An agent met corruption inside and left its mark: pages in the middle are gone."""
    with store.open("r+b") as file:
        file.seek(8 * PAGE_BYTES)
        file.write(b"\xff" * 8 * PAGE_BYTES)
    store.with_name(SUSPECT).touch()


MISHAPS: tuple[Callable[[Path], None], ...] = (noise, another_programs, from_the_future, torn_header, suspect)


def test_store_set_aside(world: World) -> None:
    """What cannot be used is kept under another name; the agent goes on with a new epoch and tells the hub."""
    world.start()
    world.load("first").finish_after(100)
    epochs = [world.wait_empty().epoch]
    for spoil in MISHAPS:
        world.agent.stop()
        spoil(world.store / STORE)
        world.agent.start()
        assert world.agent.has_problem("store-foreign")
        world.load(f"after-{spoil.__name__}").finish_after(100)
        epochs.append(world.wait_empty().epoch)
    world.settled()
    assert len(set(epochs)) == len(MISHAPS) + 1
    kept = sorted(map(str, world.store.glob("*.aside.db")))
    assert _told(world) == list(zip(epochs[1:], kept, strict=True))


def test_corruption_met_while_running(world: World) -> None:
    """Who meets corruption refuses what it cannot keep and leaves a mark; the next start sets the file aside."""
    world.agent.start()
    world.load("unsent", pace=Pace(lines=100, rest_s=0.01)).finish_after(2000)
    world.agent.kill()
    with closing(sqlite3.connect(world.store / STORE)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'emit_keys'").fetchone()[0]
    with (world.store / STORE).open("r+b") as file:
        file.seek((root - 1) * PAGE_BYTES)
        file.write(b"\xff" * PAGE_BYTES)
    world.agent.start()
    refused = world.load("meanwhile")
    wait_until(lambda: bool(refused.refusals), 20.0, "the agent refuses what it cannot keep")
    refused.close()
    world.agent.stop()
    assert (world.store / SUSPECT).exists()
    world.agent.start()
    assert world.agent.has_problem("store-foreign")


def _told(world: World) -> list[tuple[str, str]]:
    """Epoch of the new store and new name of the old one, for each that the hub was told of, oldest first."""
    record = Record(world.hub.folder)
    problems = [event for event in record.events(PROBLEM_TYPE) if event["data"]["code"] == "store-foreign"]
    record.close()
    return [(event["id"].split("-")[0], event["data"]["detail"]["aside"]) for event in reversed(problems)]
