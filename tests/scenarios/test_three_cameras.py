# SPDX-License-Identifier: Apache-2.0
"""Three cameras on one device: each is seen for itself, and while one of them is away the others go on."""

import os
import signal
from collections.abc import Collection
from pathlib import Path

import cv2
import pytest

from edge.contract.local import CameraState
from edge.contract.parking import OCCUPANCY_TYPE
from edge.vision.sources.street.painter import Painter
from edge.vision.sources.street.scenario import read_scenario
from provisioning.bench.record import Record
from tests.scenarios.load import wait_until
from tests.scenarios.world import World, children

pytestmark = [pytest.mark.scenario, pytest.mark.broker, pytest.mark.slow]

STREET = "street:quiet"
STRUCK, OTHERS = "north", ("east", "south")
NAMES = (STRUCK, *OTHERS)
SPACE = [[0.42, 0.68], [0.58, 0.68], [0.58, 0.80], [0.42, 0.80]]
FILM_S = 1200
SIZE = (640, 360)


def test_three_cameras_and_one_killed_worker(world: World) -> None:
    """What every camera sees is told; one worker is killed, and while its camera is away the two others are seen."""
    film = _film(world.folder / "north.mp4")
    world.configure(more=_three_lots(film))
    world.start()
    wait_until(lambda: _spaces(world) == set(NAMES), 60.0, "what each camera sees is told")
    (nursery,) = children(world.agent.pid)
    workers = set(children(nursery))
    assert len(workers) == len(NAMES)
    # Its next worker finds no film: the camera stays away for as long as others are looked after here.
    away = film.rename(film.with_suffix(".away"))
    struck = next(pid for pid in workers if _has_open(pid, away))
    os.kill(struck, signal.SIGKILL)
    wait_until(lambda: not _cameras(world)[STRUCK].online, 20.0, "the camera of the killed worker is told lost")
    _go_on(world, OTHERS)
    assert not _cameras(world)[STRUCK].online
    away.rename(film)
    wait_until(lambda: _cameras(world)[STRUCK].online, 20.0, "it is seen again")
    _go_on(world, NAMES)
    assert [_cameras(world)[name].restarts for name in NAMES] == [1, 0, 0]
    assert workers - {struck} < set(children(nursery))


def _go_on(world: World, names: Collection[str]) -> None:
    """Wait until each of them has seen more than it has now; none may be lost meanwhile."""
    before = _cameras(world)

    def seen() -> bool:
        now = _cameras(world)
        assert all(now[name].online for name in names)
        return all(now[name].frames > before[name].frames for name in names)

    wait_until(seen, 10.0, f"frames of {', '.join(names)}")


def _film(path: Path) -> Path:
    """A quiet street, one picture a second."""
    picture = cv2.resize(Painter(read_scenario(STREET)).paint(0.0), SIZE)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 1.0, SIZE)
    for _ in range(FILM_S):
        writer.write(picture)
    writer.release()
    return path


def _three_lots(film: Path) -> str:
    """Each camera looks at an empty space of its own."""
    sources = {STRUCK: f'"{film}"\npace = "live"'} | dict.fromkeys(OTHERS, f'"{STREET}"')
    cameras = "".join(f'[[cameras]]\nname = "{name}"\nsource = {source}\n' for name, source in sources.items())
    spaces = "".join(
        f'[[roles.parking.spaces]]\nname = "{name}"\ncamera = "{name}"\nzone = "lot"\npolygon = {SPACE}\n'
        for name in NAMES
    )
    return f"""{cameras}
[roles.parking]
place = {{ code = "1", name = "Harbour lot" }}
every_s = 1
free_after_s = 2
zones = [{{ name = "lot" }}]
{spaces}"""


def _spaces(world: World) -> set[str]:
    """Of which the hub has heard."""
    record = Record(world.hub.folder)
    try:
        return {event["data"]["space"] for event in record.events(OCCUPANCY_TYPE)}
    finally:
        record.close()


def _cameras(world: World) -> dict[str, CameraState]:
    return {one.name: one for one in world.agent.answer().cameras}


def _has_open(pid: int, file: Path) -> bool:
    return any(os.path.realpath(one) == str(file.resolve()) for one in Path(f"/proc/{pid}/fd").iterdir())
