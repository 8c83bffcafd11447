# SPDX-License-Identifier: Apache-2.0
"""Any order of arrivals, departures and mishaps: one case per car and stay, and none that is not due.

The machine knows the truth (which car stands where since when); illegal_parking sees only what the camera shows of it.
"""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.contract.words import ClockQuality
from edge.core.effects import Emit
from edge.core.geometry import Box
from edge.core.tracks import Kind
from edge.roles.illegal_parking.stays import Phase
from tests.roles.illegal_parking.street import ELSEWHERE, Street, settings_of, shifted_box

LIMIT_S = 60
TRUSTED = (ClockQuality.SYNCED, ClockQuality.HELD)
SPOTS = tuple(Box(left, 0.5, left + 0.1, 0.6) for left in (0.31, 0.50, 0.69))
BRIDGED_S = 250
"""The machine hides a car for less than the role bridges (300 s), so that every car that stays must get its case."""


@dataclass
class Car:
    """A car as it truly is. `due_s`: how long it was in plain view, by a good clock, without a mishap."""

    name: int
    spot: int
    since_s: float
    arrived: bool
    unseen_s: float = 0.0
    due_s: float = 0.0
    cases: int = 0
    nudged: bool = False


class KnowingStreet(Street):
    """A street that asks, of each case, which car truly stands in its place."""

    def __init__(self) -> None:
        """Begin with no car at all."""
        self.cars: dict[int, Car] = {}
        super().__init__(settings_of({"limit_s": LIMIT_S}, clock="held"))

    def hears(self, said: Emit) -> None:
        """A case is of a car that was seen to come and truly stood for so long."""
        super().hears(said)
        if "photographs" in said.data:
            stay = next(stay for stay in self.state.stays if stay.case == said.subject)
            car = next(car for car in self.cars.values() if SPOTS[car.spot].iou(stay.box) > 0)
            car.cases += 1
            assert car.arrived
            assert car.cases == 1
            assert LIMIT_S <= said.data["dwell_s"] <= self.second - car.since_s + 1


class Parking(RuleBasedStateMachine):
    """Cars come and go on three spots of a zone before one camera."""

    def __init__(self) -> None:
        """Nobody is there."""
        super().__init__()
        self.street = KnowingStreet()
        self.names = 0
        self.hidden: set[int] = set()
        self.clock_was_set = False

    def _name(self) -> int:
        self.names += 1
        return self.names

    def _car(self, spot: int) -> Car | None:
        return next((car for car in self.street.cars.values() if car.spot == spot), None)

    def _bridgeable(self, seconds: float) -> bool:
        return all(car.unseen_s + seconds < BRIDGED_S for car in self.street.cars.values())

    def _watch(self, seconds: int) -> None:
        """Looks every second; the truth keeps its own account of who was in plain view."""
        for _ in range(seconds):
            self.street.plays(1)
            for car in self.street.cars.values():
                seen = car.spot not in self.hidden
                car.unseen_s = 0.0 if seen else car.unseen_s + 1
                car.due_s = car.due_s + 1 if seen and self.street.quality is not ClockQuality.UNSET else 0.0

    def _blind(self, seconds: float) -> None:
        self.street.passes(seconds)
        for car in self.street.cars.values():
            car.unseen_s += seconds
            car.due_s = 0.0

    @rule(spot=st.sampled_from(range(3)))
    def arrive(self, spot: int) -> None:
        """A car is seen to drive up to a free place and stands."""
        if self._car(spot) or spot in self.hidden or not self._bridgeable(9):
            return
        name = self._name()
        self.street.comes(name, ELSEWHERE, moving=True)
        self._watch(4)
        self.street.changes(name, box=SPOTS[spot])
        self.street.stands(name)
        self.street.cars[name] = Car(name, spot, self.street.second, arrived=True)
        self._watch(4)

    @rule(spot=st.sampled_from(range(3)))
    @precondition(lambda self: not self.street.state.stays and not self.hidden)
    def appear(self, spot: int) -> None:
        """A car is there that nobody saw coming."""
        if self._car(spot):
            return
        name = self._name()
        self.street.comes(name, SPOTS[spot], arrived=False)
        self.street.cars[name] = Car(name, spot, self.street.second, arrived=False)
        self._watch(4)

    @initialize()
    def begin(self) -> None:
        """Most stories begin with a car."""
        self.arrive(0)

    @rule(seconds=st.integers(10, 80))
    def watch(self, seconds: int) -> None:
        """Time goes by with a look every second."""
        if self._bridgeable(seconds):
            self._watch(seconds)

    @rule(seconds=st.floats(1, 60))
    def drop(self, seconds: float) -> None:
        """Sightings are lost on their way."""
        if self._bridgeable(seconds):
            self._blind(seconds)

    @rule(spot=st.sampled_from(range(3)), remembered=st.booleans())
    def hide(self, spot: int, remembered: bool) -> None:
        """Something large stands before a place; the tracker remembers what it hides, or loses it."""
        if spot in self.hidden:
            return
        self.hidden.add(spot)
        self.street.comes(900 + spot, shifted_box(SPOTS[spot], down=0.05), moving=True, kind=Kind.OTHER)
        car = self._car(spot)
        if car and remembered:
            self.street.changes(car.name, seen=False)
        elif car:
            self.street.vanishes(car.name)

    @rule(spot=st.sampled_from(range(3)), arrived=st.booleans())
    def reveal(self, spot: int, arrived: bool) -> None:
        """What stood before a place has gone; a lost car is found under a new name."""
        if spot not in self.hidden:
            return
        self.hidden.discard(spot)
        self.street.vanishes(900 + spot)
        car = self._car(spot)
        if car and car.name in self.street.tracks:
            self.street.changes(car.name, seen=True)
        elif car:
            self._rename(car, arrived=arrived)

    def _rename(self, car: Car, *, arrived: bool) -> None:
        box = shifted_box(SPOTS[car.spot], right=0.3 if car.nudged else 0.0)
        self.street.cars.pop(car.name)
        car.name = self._name()
        self.street.cars[car.name] = car
        self.street.comes(car.name, box, arrived=arrived)
        car.due_s = 0.0

    @rule(spot=st.sampled_from(range(3)), seconds=st.integers(0, 5), arrived=st.booleans())
    def blink(self, spot: int, seconds: int, arrived: bool) -> None:
        """The detector misses a car for a moment, and its track goes on under a new name."""
        car = self._car(spot)
        if car and spot not in self.hidden and self._bridgeable(seconds + 1):
            self.street.vanishes(car.name)
            self._watch(seconds)
            self._rename(car, arrived=arrived)
            self._watch(1)

    @rule(spot=st.sampled_from(range(3)))
    def nudge(self, spot: int) -> None:
        """A car moves forward a little."""
        car = self._car(spot)
        if car and spot not in self.hidden and not car.nudged and self._bridgeable(3):
            car.nudged = True
            self.street.moves(car.name, shifted_box(SPOTS[spot], right=0.3))
            self._watch(2)
            self.street.stands(car.name)
            self._watch(1)
            car.due_s = 0.0

    @rule(spot=st.sampled_from(range(3)), seen=st.booleans())
    @precondition(lambda self: self.street.cars and self.street.second > LIMIT_S / 2)
    def leave(self, spot: int, seen: bool) -> None:
        """A car drives away, in plain view or not."""
        car = self._car(spot)
        if car is None or not self._bridgeable(2):
            return
        if seen and car.name in self.street.tracks and spot not in self.hidden:
            self.street.moves(car.name, ELSEWHERE)
            self._watch(1)
        self.street.tracks.pop(car.name, None)
        del self.street.cars[car.name]
        self._watch(1)

    @rule(down_s=st.floats(1, 100), reboot=st.booleans())
    def restart(self, down_s: float, reboot: bool) -> None:
        """Agent and vision worker start anew; the state comes from disk."""
        if not self._bridgeable(down_s + 1):
            return
        self._blind(down_s)
        self.street.restarts(0, reboot=reboot)
        for spot in self.hidden:
            self.street.tracks[900 + spot] = self.street.tracks.pop(1000 + spot)
        for car in list(self.street.cars.values()):
            self.street.tracks.pop(car.name + 100, None)
            if car.spot in self.hidden:
                continue
            self._rename(car, arrived=False)
        self._watch(1)

    @rule(seconds=st.sampled_from([-5000.0, -90.0, -3.0, 3.0, 90.0, 5000.0]), quality=st.sampled_from(TRUSTED))
    def set_clock(self, seconds: float, quality: ClockQuality) -> None:
        """The wall clock is set, and its quality is another."""
        self.clock_was_set = True
        self.street.jumps(seconds, quality)
        self.street.ticks()
        for car in self.street.cars.values():
            car.due_s = 0.0

    @rule(away_s=st.floats(1e6, 1e9), seconds=st.integers(3, 80), quality=st.sampled_from(TRUSTED))
    def lose_clock(self, away_s: float, seconds: int, quality: ClockQuality) -> None:
        """The clock forgets the date, and gets it back after a while."""
        if self._bridgeable(seconds):
            self.set_clock(-away_s, ClockQuality.UNSET)
            self._watch(seconds)
            self.set_clock(away_s, quality)

    @rule(seconds=st.integers(1, 80))
    def lose_camera(self, seconds: int) -> None:
        """The camera is lost, and comes back after a while."""
        if self._bridgeable(seconds):
            self.street.camera(online=False)
            for _ in range(seconds):
                self._blind(1)
                self.street.ticks()
            self.street.camera(online=True)
            self._watch(1)

    @invariant()
    def pictures_are_accounted_for(self) -> None:
        """Every picture kept is named by a case, waits in an open stay, or was taken of one that came to nothing."""
        kept = {picture.sha256 for picture in self.street.kept}
        named = {one["blob"]["sha256"] for case in self.street.said("case") for one in case["photographs"]}
        waiting = {one.picture.sha256 for stay in self.street.state.stays for one in stay.photographs}
        assert named | waiting <= kept
        if not self._something_came_to_nothing():
            assert kept == named | waiting

    @invariant()
    def nothing_is_held_for_nobody(self) -> None:
        """Pictures are held only for stays that are open: a finished one has sent them, another has let them go."""
        assert set(self.street.held) <= {stay.case for stay in self.street.state.stays if stay.phase is Phase.OPENED}

    def _something_came_to_nothing(self) -> bool:
        ended = any(not departed["completed"] for departed in self.street.said("departed"))
        return ended or self.clock_was_set

    @invariant()
    def each_stay_is_told_in_order(self) -> None:
        """Opened once, then perhaps a case, then perhaps departed; completed says whether there was a case."""
        for name in {emit.subject for emit in self.street.emitted}:
            told = [emit for emit in self.street.emitted if emit.subject == name]
            facts = [emit.type.split(".")[-2] for emit in told]
            assert facts in (
                ["opened"],
                ["opened", "case"],
                ["opened", "departed"],
                ["opened", "case", "departed"],
            )
            assert told[-1].data.get("completed", "case" in facts) == ("case" in facts)

    @invariant()
    def whoever_stays_gets_a_case(self) -> None:
        """A car seen to come, in plain view for long enough without a mishap, has its case."""
        for car in self.street.cars.values():
            assert not car.arrived or car.due_s <= LIMIT_S + 25 or car.cases == 1

    @invariant()
    def state_stays_small(self) -> None:
        """No more is remembered than cars there are, or lately were."""
        assert len(self.street.state.stays) <= 2 * len(SPOTS)
        assert all(
            bool(stay.case) == (stay.phase in {Phase.OPENED, Phase.COMPLETED}) for stay in self.street.state.stays
        )


TestParking = Parking.TestCase
TestParking.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
