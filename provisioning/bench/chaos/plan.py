# SPDX-License-Identifier: Apache-2.0
"""A plan is a list of faults drawn from a seed: the same seed gives the same plan, which can be kept as a file."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from provisioning.bench.chaos.fault import Fault, Kind, Way
from provisioning.bench.chaos.packets import PacketKind


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad it is: small faults in each turn, how far into a connection anything strikes, and how long it takes."""

    small: tuple[int, int] = (6, 12)
    most_packets: int = 12
    most_bytes: int = 4_000
    most_ms: int = 60
    deaf_greetings: bool = True
    """Whether greetings are swallowed and connections refused, which costs the device a time-out each."""


STORM: Final = Weather()
"""Thousands of faults in minutes: for the fault suites."""
MILD: Final = Weather(small=(0, 3), most_packets=400, most_bytes=400_000, most_ms=400)
"""A bad day: for soaking."""
BARE: Final = Weather(small=(0, 0))
"""Only what ends a connection or lets none begin."""

Maker = Callable[[random.Random, Weather, int], Fault]


def draw(seed: int, rounds: int, weather: Weather = STORM) -> list[Fault]:
    """In each round every way to end a connection comes once, in any order, each with small faults before it."""
    chance = random.Random(seed)
    makers = [*_ENDINGS, *(_CLOSINGS if weather.deaf_greetings else ())]
    plan: list[Fault] = []
    turns = count()
    for _ in range(rounds):
        for make in chance.sample(makers, len(makers)):
            turn = next(turns)
            small = 0 if make in _CLOSINGS else chance.randint(*weather.small)
            plan += [chance.choice(_SMALL)(chance, weather, turn) for _ in range(small)]
            plan.append(make(chance, weather, turn))
    return plan


def written(plan: Iterable[Fault]) -> str:
    """One JSON line for each fault."""
    return "".join(fault.model_dump_json(exclude_defaults=True) + "\n" for fault in plan)


def read(file: Path) -> list[Fault]:
    """What `written` wrote. Raises `ValidationError` for a line that is no fault."""
    return [Fault.model_validate_json(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


def _swallow(packet: PacketKind, way: Way, *, first: bool = False) -> Maker:
    def make(chance: random.Random, weather: Weather, turn: int) -> Fault:
        after = 1 if first else chance.randint(1, weather.most_packets)
        return Fault(turn=turn, kind=Kind.SWALLOW, way=way, packet=packet, after=after, many=1)

    return make


def _delay(chance: random.Random, weather: Weather, turn: int) -> Fault:
    ms = chance.randint(1, weather.most_ms)
    return Fault(turn=turn, kind=Kind.DELAY, way=_way(chance), after=_place(chance, weather), ms=ms)


def _jitter(chance: random.Random, weather: Weather, turn: int) -> Fault:
    ms, many = chance.randint(1, weather.most_ms), chance.randint(2, 8)
    return Fault(turn=turn, kind=Kind.JITTER, way=_way(chance), after=_place(chance, weather), ms=ms, many=many)


def _slow(chance: random.Random, weather: Weather, turn: int) -> Fault:
    many, rate = chance.randint(100, 2_000), chance.randint(8_000, 40_000)
    return Fault(turn=turn, kind=Kind.SLOW, way=_way(chance), after=_place(chance, weather), many=many, rate=rate)


def _byte_wise(chance: random.Random, weather: Weather, turn: int) -> Fault:
    many = chance.randint(10, 600)
    return Fault(turn=turn, kind=Kind.BYTE_WISE, way=_way(chance), after=_place(chance, weather), many=many)


def _ending(kind: Kind, way: Way = Way.UP) -> Maker:
    def make(chance: random.Random, weather: Weather, turn: int) -> Fault:
        return Fault(turn=turn, kind=kind, way=way, after=_place(chance, weather))

    return make


def _closing(kind: Kind) -> Maker:
    return lambda _chance, _weather, turn: Fault(turn=turn, kind=kind)


def _way(chance: random.Random) -> Way:
    return chance.choice((Way.UP, Way.DOWN))


def _place(chance: random.Random, weather: Weather) -> int:
    return chance.randint(1, weather.most_bytes)


# No swallowed PUBLISH upwards: TCP never loses one message and delivers the next, and a broker that did would put the
# hub's arrivals out of order, which no device can mend.
_SMALL: Final[tuple[Maker, ...]] = (
    _swallow(PacketKind.PUBACK, Way.DOWN),
    _swallow(PacketKind.PUBLISH, Way.DOWN),
    _swallow(PacketKind.PUBLISH, Way.DOWN),
    _swallow(PacketKind.PUBACK, Way.UP),
    _delay,
    _jitter,
    _slow,
    _byte_wise,
)
_ENDINGS: Final[tuple[Maker, ...]] = (
    _ending(Kind.HALF),
    _ending(Kind.RESET),
    _ending(Kind.RESET, Way.DOWN),
    _ending(Kind.BLACK_HOLE, Way.UP),
    _ending(Kind.BLACK_HOLE, Way.DOWN),
    _ending(Kind.BLACK_HOLE, Way.BOTH),
    _ending(Kind.HALF_OPEN, Way.UP),
    _ending(Kind.HALF_OPEN, Way.DOWN),
)
_CLOSINGS: Final[tuple[Maker, ...]] = (
    _closing(Kind.REFUSE),
    _closing(Kind.MUTE),
    _swallow(PacketKind.CONNACK, Way.DOWN, first=True),
    _swallow(PacketKind.SUBACK, Way.DOWN, first=True),
)
