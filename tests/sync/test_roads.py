# SPDX-License-Identifier: Apache-2.0
"""Which broker, and when: fail-over, return, spreading apart, and patience with those who turn a device away."""

import random
from bisect import bisect_left

import pytest

from edge.sync.actions import Connect, Disconnect, Look, Wait
from edge.sync.reasons import Ending, ending_of
from edge.sync.roads import FAIL_OVER_S, FLAPS, LASTING_S, Roads
from edge.sync.settings import Limits, SessionSettings
from tests.sync.bench import EPOCH, Bench

THREE = SessionSettings(EPOCH, brokers=3, spread_s=20.0, return_after_s=300.0)
ONE = SessionSettings(EPOCH, spread_s=20.0)


def test_every_broker_is_tried_at_once_before_anybody_waits() -> None:
    """A broker that cannot be reached costs no pause while there is another one left."""
    roads = Roads(THREE)
    for tried in (0, 1):
        assert roads.at == tried
        roads.failed(5.0, 0.5, Ending.LOST)
        assert roads.due_s == 5.0
    roads.failed(5.0, 0.5, Ending.LOST)
    assert (roads.at, roads.due_s) == (0, 29.0)


def test_lost_broker_is_left_for_another_within_seconds() -> None:
    """However the dice fall, a device whose broker died calls the next one within `FAIL_OVER_S`."""
    for chance in (0.0, 0.3, 1.0):
        roads = Roads(THREE)
        roads.came_up(0.0)
        roads.prove()
        roads.lost(100.0, chance, Ending.LOST)
        assert roads.at == 1
        assert roads.due_s <= 100.0 + FAIL_OVER_S


def test_broker_that_fell_silent_is_left_at_once() -> None:
    """Each device finds that out at an instant of its own: no need to spread what is spread already."""
    roads = Roads(THREE)
    roads.came_up(0.0)
    roads.lost(100.0, 1.0, Ending.SILENT)
    assert (roads.at, roads.due_s) == (1, 100.0)


def test_a_lone_broker_is_called_again_spread_over_the_time_agreed() -> None:
    """Whoever had a good link waits up to `spread_s`; whoever had none waits by the backoff."""
    roads = Roads(ONE)
    roads.came_up(0.0)
    roads.prove()
    roads.lost(100.0, 1.0, Ending.LOST)
    assert roads.due_s == 120.5
    roads.came_up(200.0)
    roads.lost(200.0 + LASTING_S, 0.5, Ending.LOST)
    assert roads.due_s == 200.0 + LASTING_S + 10.5
    roads.came_up(300.0)
    roads.lost(315.0, 1.0, Ending.LOST)
    assert roads.due_s == 351.0


def test_first_broker_is_looked_for_and_gone_back_to() -> None:
    """While another serves, the first is looked for beside the work; once it can be reached, the device returns."""
    bench = Bench(THREE)
    bench.session.link_down(0.0, 0.5)
    assert bench.next() == Connect(1)
    bench.session.link_up(Limits(), 0.0)
    assert bench.next() == Wait(300.0)
    bench.now_s = 300.0
    assert bench.next() == Look()
    bench.session.looked(found=False)
    assert bench.next() == Wait(600.0)
    bench.now_s = 600.0
    assert bench.next() == Look()
    bench.session.looked(found=True)
    assert bench.next() == Disconnect("the first broker is back")
    bench.session.link_down(600.0, 0.5)
    assert bench.next() == Connect(0)
    bench.session.link_up(Limits(), 600.0)
    assert bench.next() == Wait(None)


def test_look_that_ends_too_late_changes_nothing() -> None:
    """By the time somebody has looked, the link may be gone, or the first broker may serve already."""
    bench = Bench(THREE)
    bench.session.looked(found=True)
    bench.connect()
    bench.session.looked(found=True)
    assert bench.next() == Wait(None)


def test_first_broker_that_answers_and_does_not_serve_is_looked_for_ever_more_seldom() -> None:
    """Leaving a broker that works for one that does not costs a moment each time: not every five minutes for ever."""
    roads = Roads(THREE)
    now_s, waits = 0.0, []
    for _ in range(6):
        roads.failed(now_s, 0.5, Ending.LOST)
        roads.came_up(now_s)
        waits.append(roads.look_s - now_s)
        now_s = roads.look_s
        assert roads.look_due(now_s)
        roads.go_back()
        roads.lost(now_s, 0.5, Ending.LOST)
        assert (roads.at, roads.due_s <= now_s) == (0, True)
    assert waits == [300, 600, 1200, 2400, 4800, 4800]
    roads.came_up(now_s)
    roads.prove()
    roads.failed(now_s, 0.5, Ending.LOST)
    roads.came_up(now_s + 70)
    roads.prove()
    assert roads.look_s == now_s + 370


@pytest.mark.parametrize(
    ("ending", "least_s"),
    [(Ending.BUSY, 5.0), (Ending.TOO_FAST, 5.0), (Ending.REFUSED, 20.0), (Ending.TAKEN_OVER, 30.0)],
    ids=str,
)
def test_who_turns_us_away_is_not_asked_at_once(ending: Ending, least_s: float) -> None:
    """Coming back sooner would only make it worse; and a short longest wait is kept to."""
    roads = Roads(SessionSettings(EPOCH))
    roads.failed(0.0, 0.0, ending)
    assert roads.due_s == least_s
    hasty = Roads(SessionSettings(EPOCH, backoff_max_s=1.0))
    hasty.failed(0.0, 1.0, ending)
    assert hasty.due_s == 1.0


def test_links_that_end_again_and_again_look_like_a_rival() -> None:
    """MQTT 3.1.1 does not say that a session was taken over; links of seconds do."""
    bench = Bench(SessionSettings(EPOCH))
    for _ in range(FLAPS):
        assert not bench.session.flaps
        bench.session.link_up(Limits(), bench.now_s)
        bench.now_s += 1.0
        bench.session.link_down(bench.now_s, 0.0)
    assert bench.session.flaps
    assert bench.next() == Wait(bench.now_s + 30.0)


def test_not_before_the_time_agreed() -> None:
    """Just booted, a device does not call at once: whole districts get their power back together."""
    bench = Bench(SessionSettings(EPOCH, begin_s=7.0))
    assert not bench.session.connected
    assert bench.next() == Wait(7.0)


def test_reason_codes_nobody_knows_are_the_mildest() -> None:
    """A broker with codes of its own is called back as after any lost link."""
    assert ending_of(0x8E) is Ending.TAKEN_OVER
    assert ending_of(0xFE) is Ending.LOST


@pytest.mark.parametrize("outage_s", [0.2, 1.0, 3.0, 10.0, 60.0, 300.0])
def test_a_thousand_devices_come_back_apart(outage_s: float) -> None:
    """Whatever the outage lasts, no second sees more than a tenth of those who lost their broker together call it."""
    chance = random.Random(20261124 + int(outage_s * 10))
    calls = [call_s for _ in range(1000) for call_s in _calls(outage_s, chance)]
    calls.sort()
    busiest = max(bisect_left(calls, call_s + 1.0) - number for number, call_s in enumerate(calls))
    assert busiest <= 100


def _calls(outage_s: float, chance: random.Random) -> list[float]:
    """When one device calls after its broker died at 0, up to the call that gets through; defaults of the package."""
    roads = Roads(ONE)
    roads.came_up(-1000.0)
    roads.prove()
    roads.lost(0.0, chance.random(), Ending.LOST)
    calls = [roads.due_s]
    while calls[-1] < outage_s:
        roads.failed(calls[-1], chance.random(), Ending.LOST)
        calls.append(roads.due_s)
    return calls
