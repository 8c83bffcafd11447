# SPDX-License-Identifier: Apache-2.0
"""A backlog carried by hand, and everything that can befall it on the way."""

import random
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.durable.backlog import Backlog
from edge.durable.rows import LaneAccount
from edge.identity.sealing import OpeningKey
from provisioning.bench.record import Record
from provisioning.carried.opened import opened
from tests.faults.tally import Tally
from tests.scenarios.carrying import Stick, store_up
from tests.scenarios.world import DEVICE, World

NAME: Final = "export"
MEANING: Final = "bytes changed, files cut short, exports and imports killed, and the device coming back in between"
CHANGES: Final = 3000
CUTS: Final = 1000
KILLS: Final = 30
"""Of exports, and as many of imports."""
_ROWS: Final = 4000
_PICTURE_BYTES: Final = 3_000_000
_SMALL_ROWS: Final = 20
_LONGEST_S: Final = 1.5
"""An import is over by then, unless the machine is busy."""
_LANES: Final = (Lane.RECORD, Lane.STATE, Lane.METRIC)


def play(seed: int, scale: float, folder: Path) -> Tally:
    """First the file alone, then the file with its programs, a broker and a hub."""
    chance = random.Random(seed)
    return _damaged(chance, scale, folder / "damaged") + _killed(chance, scale, folder / "killed")


def _damaged(chance: random.Random, scale: float, folder: Path) -> Tally:
    world, stick = _backlog(folder, _SMALL_ROWS, chance.randbytes(1000))
    opening, spoilt = OpeningKey.load(stick.private), folder / "spoilt.dtx"
    whole = stick.export().read_bytes()
    faults = corrupt = 0
    for _ in range(max(1, round(CHANGES * scale))):
        data = bytearray(whole)
        data[chance.randrange(len(whole))] ^= chance.randrange(1, 256)
        corrupt += _opens(spoilt, bytes(data), opening)
        faults += 1
    for _ in range(max(1, round(CUTS * scale))):
        corrupt += _opens(spoilt, whole[: chance.randrange(len(whole))], opening)
        faults += 1
    world.close()
    return Tally(faults=faults, corrupt=corrupt)


def _opens(file: Path, data: bytes, opening: OpeningKey) -> bool:
    file.write_bytes(data)
    with suppress(ProblemError), opened(file, opening):
        return True
    return False


def _killed(chance: random.Random, scale: float, folder: Path) -> Tally:
    """Every other round the device is there as well while its stick is imported."""
    world, stick = _backlog(folder, _ROWS, chance.randbytes(_PICTURE_BYTES))
    opening, rounds = OpeningKey.load(stick.private), max(1, round(KILLS * scale))
    faults = corrupt = 0
    try:
        world.broker.start()
        world.hub.start()
        for _ in range(rounds):
            corrupt += _killed_export(chance, stick, opening)
            faults += 1
        file = stick.export()
        accounts = _accounts(world)
        for number in range(rounds):
            if number % 2:
                world.agent.start()
            _killed_after(stick.import_command(file), chance.uniform(0, _LONGEST_S))
            if number % 2:
                world.agent.kill()
            faults += 2 if number % 2 else 1
        stick.import_(file)
        world.agent.start()
        status = world.wait_empty()
        last = {lane: depth.last_seq for lane, depth in status.lanes.items()}
        return Tally(faults=faults, corrupt=corrupt) + _compared(world, status.epoch, last, accounts)
    finally:
        world.close()


def _backlog(folder: Path, rows: int, picture: bytes) -> tuple[World, Stick]:
    folder.mkdir(parents=True)
    world = World(folder)
    stick = Stick.of(world)
    store_up(world.store, rows, [picture], _LANES)
    return world, stick


def _killed_export(chance: random.Random, stick: Stick, opening: OpeningKey) -> int:
    """Whatever bears an export's name afterwards must be one."""
    _killed_after(stick.world.agent.command("export", "--to", str(stick.folder)), chance.uniform(0, _LONGEST_S))
    broken = 0
    for file in stick.folder.iterdir():
        if file.suffix == ".dtx":
            broken += not _opens(file, file.read_bytes(), opening)
        file.unlink()
    return broken


def _killed_after(command: list[str], wait_s: float) -> None:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(wait_s)
        process.kill()


def _accounts(world: World) -> dict[Lane, LaneAccount]:
    with closing(Backlog(world.store)) as backlog:
        return backlog.accounts()


def _compared(world: World, epoch: str, last: dict[Lane, int], stored: dict[Lane, LaneAccount]) -> Tally:
    record = Record(world.hub.folder)
    try:
        accepted = sum(account.last_seq for account in stored.values())
        lost = sum(last.values()) - record.received_of(DEVICE, epoch, last) + record.lost()
        whole = record.blobs_verified() == record.blobs_expected()
        if refused := record.refused():
            sys.stderr.write(f"the hub refused: {refused[:3]}\n")
        return Tally(accepted=accepted, lost=lost, duplicated=record.duplicated(), corrupt=len(refused) + (not whole))
    finally:
        record.close()
