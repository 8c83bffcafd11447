# SPDX-License-Identifier: Apache-2.0
"""A hub that dies, is not there at all, stands still, goes back in time, and says wrong things."""

import random
import shutil
from pathlib import Path
from typing import Final

from provisioning.bench.chaos.fault import Fault, Kind, Way
from provisioning.bench.chaos.packets import PacketKind
from tests.faults.ack_echo import AckEcho
from tests.faults.district import District
from tests.faults.tally import Tally
from tests.scenarios.load import Pace, wait_until

NAME: Final = "hub"
MEANING: Final = (
    "a hub killed, absent (0x10), frozen, restored from a backup, and acknowledging late, twice and wrongly"
)
KILLS: Final = 40
ABSENCES: Final = 15
FREEZE_EACH: Final = 4
BACKUPS: Final = 10
WRONG_ACKS: Final = 3_000
DEVICES: Final = 3
SILENT: Final = "hub-silent"
QUICK: Final = Pace(lines=6, rest_s=0.02)


def play(seed: int, scale: float, folder: Path) -> Tally:
    """Four stories, each with its own broker, hub and devices."""
    devices = max(1, min(DEVICES, round(DEVICES * scale * 5)))
    stories = {
        "killed": (_killed_and_frozen, KILLS),
        "absent": (_absent, ABSENCES),
        "restored": (_restored, BACKUPS),
        "wrong": (_wrong, WRONG_ACKS),
    }
    total = Tally()
    for number, (name, (story, times)) in enumerate(stories.items()):
        with District(folder / name, persistent=name != "absent") as district:
            total += story(random.Random(seed + number), max(1, round(times * scale)), district.furnish(devices, QUICK))
    return total


def _killed_and_frozen(chance: random.Random, times: int, district: District) -> Tally:
    """In the middle of a commit, and back after some events; or still, its connection open, until all have found out.

    The broker keeps for it what comes meanwhile, so that everything also arrives in order.
    """
    for turn in range(times):
        district.more(chance.randrange(10, 150))
        if turn % FREEZE_EACH == 0:
            with district.frozen(district.hub.pid):
                _all_say_silent(district)
        district.hub.kill()
        district.strike()
        district.more(chance.randrange(10, 150))
        district.hub.start()
    district.more(50)
    return district.settle(by_arrival=True)


def _absent(chance: random.Random, times: int, district: District) -> Tally:
    """The broker knows of nobody who listens and says so: whatever it takes is nobody's, and the rows must stay."""
    for _ in range(times):
        district.more(chance.randrange(10, 100))
        district.hub.kill()
        district.broker.kill()
        district.broker.start()
        district.strike(2)
        _all_say_silent(district)
        district.more(chance.randrange(10, 100))
        district.hub.start()
    district.more(50)
    return district.settle()


def _restored(chance: random.Random, times: int, district: District) -> Tally:
    """Set back to a copy of its record, twice to the same one, so that what it was told of what is gone is gone too."""
    accepted = []
    for _ in range(times):
        district.more(chance.randrange(50, 200))
        district.hub.stop()
        backup = shutil.copytree(district.hub.folder, district.folder / "backup")
        district.hub.start()
        for _ in range(2):
            district.more(chance.randrange(50, 200))
            accepted += district.rest()
            district.drained()
            district.load(QUICK)
            district.more(chance.randrange(10, 50))
            district.hub.kill()
            shutil.rmtree(district.hub.folder)
            shutil.copytree(backup, district.hub.folder)
            district.hub.start()
            district.strike()
        shutil.rmtree(backup)
    district.more(50)
    return district.settle(accepted, restored=True)


def _wrong(chance: random.Random, times: int, district: District) -> Tally:
    """Its word is lost half of the time, and comes again late, twice, out of order, for others, and beyond reason."""
    for pole in district.poles:
        lost = sorted(chance.sample(range(1, 4 * times), times))
        pole.proxy.add(
            Fault(turn=0, kind=Kind.SWALLOW, way=Way.DOWN, packet=PacketKind.PUBLISH, after=after, many=1)
            for after in lost
        )
        pole.proxy.hang_up()
    with AckEcho(district.broker.port, chance.randrange(1_000_000)) as echo:
        wait_until(lambda: echo.said >= times, 60.0 + times / 10, f"{times} wrong acknowledgements")
    district.strike(echo.said)
    district.more(50)
    return district.settle()


def _all_say_silent(district: District) -> None:
    wait_until(
        lambda: all(pole.agent.has_problem(SILENT) for pole in district.poles), 30.0, "every device says hub-silent"
    )
