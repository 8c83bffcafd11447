# SPDX-License-Identifier: Apache-2.0
"""The mishaps that make new cars of old ones elsewhere, each as a film: what users of other systems complain about."""

import math
from dataclasses import replace

from benchmarks.tracked.cuts import Cut, Lot
from benchmarks.tracked.films import Actor, Film, Place, along, one_after_the_other, stands
from edge.core.tracks import Kind

BUS = 100
OTHERS = 200
PASSING = 300


def stories(lot: Lot, *, quick: bool) -> list[Film]:
    """All films of one lot; `quick` shortens each to a tenth."""
    films = [
        _bus(lot),
        _swapped_behind_the_bus(lot),
        _dusk(lot),
        _headlights(lot),
        _swaying_and_dropping(lot),
        _neighbours(lot),
        _failing_detector(lot),
        _stop_and_go(lot),
    ]
    if not quick:
        return films
    return [replace(film, seconds=film.seconds / 10) for film in films]


def _parked(lot: Lot) -> list[Actor]:
    return [Actor(number, cut, stands(cut)) for number, cut in enumerate(lot.cars)]


def _nearest(lot: Lot) -> Cut:
    return max(lot.cars, key=lambda cut: cut.top + cut.size[1])


def _bus_before(lot: Lot, arrives: float, leaves: float) -> Actor:
    """A vehicle as large as a bus that drives in from the left, stands before the front row, and drives on."""
    near = _nearest(lot)
    bus = near.resized(3 * near.size[0], 3 * near.size[1])
    there = (near.left - near.size[0], near.top - 1.6 * near.size[1])
    path = one_after_the_other(
        along((-bus.size[0], there[1] + 60), there, arrives - 8, arrives),
        lambda at_s: there if arrives <= at_s < leaves else None,
        along(there, (lot.empty.shape[1], there[1] - 60), leaves, leaves + 8),
    )
    return Actor(BUS, bus, path, Kind.BUS)


def _bus(lot: Lot) -> Film:
    return Film("bus", lot, [*_parked(lot), _bus_before(lot, 25, 205)], 240, fps=2.0)


def _swapped_behind_the_bus(lot: Lot) -> Film:
    """Two of the hidden cars leave and others take their places, while nobody can see it."""
    actors = _parked(lot)
    near = sorted(lot.cars, key=lambda cut: -(cut.top + cut.size[1]))
    for place, other in ((near[0], near[2]), (near[1], near[3])):
        which = lot.cars.index(place)
        actors[which] = Actor(which, place, stands(place, until=100))
        new = other.resized(*place.size)
        new = Cut(new.pixels, new.part, place.left, place.top)
        actors.append(Actor(OTHERS + which, new, stands(new, since=100)))
    return Film("swapped-behind-bus", lot, [*actors, _bus_before(lot, 25, 205)], 240, fps=2.0)


def _dusk(lot: Lot) -> Film:
    """The light goes within a minute, and scores with it; then lamps come on at once."""

    def light(at_s: float) -> float:
        return 0.9 if at_s > 150 else 1.0 - 0.8 * min(1.0, max(0.0, (at_s - 30) / 60))

    def sight(at_s: float) -> float:
        return 1.0 if at_s > 150 else 1.0 - 0.72 * min(1.0, max(0.0, (at_s - 30) / 60))

    return Film("dusk-and-lamps", lot, _parked(lot), 200, fps=2.0, light=light, sight=sight)


def _headlights(lot: Lot) -> Film:
    """Cars pass with their lights on, which sweep over those that are parked; scores sink as they do."""
    near = _nearest(lot)

    def glare(at_s: float) -> Place | None:
        part = (at_s % 12) / 4
        return (near.left - 200 + 400 * part, near.top - 150 + 150 * part) if part < 1 else None

    def sight(at_s: float) -> float:
        return 0.45 if at_s % 12 < 4 else 0.75

    drivers = [_passer(lot, number, 5 + 12 * number) for number in range(8)]
    return Film("headlights", lot, [*_parked(lot), *drivers], 100, light=lambda _: 0.35, sight=sight, glare=glare)


def _passer(lot: Lot, number: int, at_s: float, takes_s: float = 6.0) -> Actor:
    """A car that crosses the lane before the front row."""
    cut = lot.cars[-1 - number % 3]
    path = along((-cut.size[0], 330), (620, 720), at_s, at_s + takes_s)
    return Actor(PASSING + number, cut, path)


def _swaying_and_dropping(lot: Lot) -> Film:
    drivers = [_passer(lot, number, 4 + 9 * number, 7.0) for number in range(10)]
    return Film("sway-and-half-dropped", lot, [*_parked(lot), *drivers], 100, kept=0.5, sway_px=2.0)


def _neighbours(lot: Lot) -> Film:
    """Every second car comes, stays for two minutes and leaves, none of which the camera sees happen."""
    actors = [
        Actor(number, cut, stands(cut, since=20 + 3 * number, until=140 + 3 * number) if number % 2 else stands(cut))
        for number, cut in enumerate(lot.cars)
    ]
    return Film("neighbours", lot, actors, 220, fps=2.0)


def _failing_detector(lot: Lot) -> Film:
    """Nothing is detected for half a minute, then for a minute and a half."""

    def sight(at_s: float) -> float:
        return 0.0 if 30 <= at_s < 60 or 90 <= at_s < 180 else 1.0

    return Film("detector-gaps", lot, _parked(lot), 210, fps=2.0, sight=sight)


def _stop_and_go(lot: Lot) -> Film:
    """A queue crawls past the front row: four seconds on, four seconds of standing."""
    cut = _nearest(lot)

    def crawl(behind: int) -> Actor:
        def path(at_s: float) -> Place | None:
            cycles, rest = divmod(at_s, 8.0)
            gone = 45.0 * (cycles * 4 + min(4.0, rest)) - 165 * behind
            place = (-150 + gone * 0.85, 330 + gone * 0.42)
            return place if gone > 0 and place[1] < 720 else None

        return Actor(PASSING + behind, cut, path)

    return Film("stop-and-go", lot, [*_parked(lot), *(crawl(number) for number in range(12))], math.floor(120))
