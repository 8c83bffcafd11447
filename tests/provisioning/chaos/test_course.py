# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.bench.chaos.course import Course, Deliver, Strike, Turn
from provisioning.bench.chaos.fault import ENDING, Fault, Kind, Way
from provisioning.bench.chaos.packets import PacketKind
from provisioning.bench.chaos.plan import draw

CONNACK = bytes((0x20, 2, 0, 0))
PINGRESP = bytes((0xD0, 0))


def puback(mid: int) -> bytes:
    return bytes((0x40, 2, 0, mid))


def play(faults: list[Fault], stream: bytes, way: Way = Way.DOWN, size: int = 10_000) -> list[Deliver | Strike]:
    turn = Turn(faults)
    course = Course(way, turn)
    steps: list[Deliver | Strike] = []
    for at in range(0, len(stream), size):
        for step in course.feed(stream[at : at + size]):
            steps.append(step)
            if isinstance(step, Strike):
                turn.strike(step.fault)
                if step.fault.kind in ENDING:
                    return steps
    return steps


def delivered(steps: list[Deliver | Strike]) -> bytes:
    return b"".join(step.data for step in steps if isinstance(step, Deliver))


def swallow(after: int, many: int = 1, packet: PacketKind = PacketKind.PUBACK) -> Fault:
    return Fault(turn=0, kind=Kind.SWALLOW, way=Way.DOWN, packet=packet, after=after, many=many)


@given(st.integers(1, 30))
def test_one_acknowledgement_is_lost_and_no_other(size: int) -> None:
    """Of many packets the one that is meant vanishes, however the stream is cut; all others pass whole."""
    stream = CONNACK + puback(1) + PINGRESP + puback(2) + puback(3)
    steps = play([swallow(2)], stream, size=size)
    assert delivered(steps) == CONNACK + puback(1) + PINGRESP + puback(3)
    assert steps.count(Strike(swallow(2))) == 1


def test_a_run_of_packets_is_one_fault() -> None:
    """`many` in a row vanish, and that has struck once."""
    stream = CONNACK + b"".join(map(puback, range(6)))
    steps = play([swallow(3, many=2)], stream)
    assert delivered(steps) == CONNACK + puback(0) + puback(1) + puback(4) + puback(5)
    assert [step for step in steps if isinstance(step, Strike)] == [Strike(swallow(3, many=2))]


def test_two_that_mean_the_same_packet_both_strike() -> None:
    """One takes it and the other the next; else the second would never strike, and its turn never end."""
    stream = CONNACK + b"".join(map(puback, range(5)))
    steps = play([swallow(2), swallow(2)], stream)
    assert delivered(steps) == CONNACK + puback(0) + puback(3) + puback(4)
    assert len([step for step in steps if isinstance(step, Strike)]) == 2


def test_an_end_strikes_at_its_byte() -> None:
    """What came before the byte is delivered, in the middle of a packet as well; nothing after it is asked for."""
    end = Fault(turn=0, kind=Kind.RESET, way=Way.DOWN, after=6)
    steps = play([end], CONNACK + puback(1))
    assert delivered(steps) == (CONNACK + puback(1))[:6]
    assert steps[-1] == Strike(end)


def test_an_end_waits_for_the_small_faults_of_its_turn() -> None:
    """Whatever the counts say, the line is ended last, so that a turn is played whole."""
    end = Fault(turn=0, kind=Kind.HALF, way=Way.DOWN, after=1)
    steps = play([end, swallow(2)], CONNACK + puback(1) + puback(2) + puback(3))
    assert [step.fault.kind for step in steps if isinstance(step, Strike)] == [Kind.SWALLOW, Kind.HALF]
    assert delivered(steps) == CONNACK + puback(1)


def test_time_is_spent_where_it_is_due() -> None:
    """A delay holds the line once; a slow line takes as long as its bytes need; single bytes come apart."""
    delay = Fault(turn=0, kind=Kind.DELAY, way=Way.DOWN, after=4, ms=50)
    assert [s.wait_s for s in play([delay], CONNACK + PINGRESP + PINGRESP) if isinstance(s, Deliver)] == [0, 0.05, 0]
    slow = Fault(turn=0, kind=Kind.SLOW, way=Way.DOWN, after=0, many=1000, rate=500)
    assert sum(s.wait_s for s in play([slow], bytes(3000)) if isinstance(s, Deliver)) == pytest.approx(2.0)
    jitter = Fault(turn=0, kind=Kind.JITTER, way=Way.DOWN, after=0, many=3, ms=10)
    waits = [s.wait_s for s in play([jitter], CONNACK + PINGRESP * 5) if isinstance(s, Deliver)]
    assert [wait > 0 for wait in waits] == [True, True, True, False, False, False]
    assert waits == [s.wait_s for s in play([jitter], CONNACK + PINGRESP * 5) if isinstance(s, Deliver)]
    apart = Fault(turn=0, kind=Kind.BYTE_WISE, way=Way.DOWN, after=1, many=4)
    assert [s.apart for s in play([apart], CONNACK + PINGRESP) if isinstance(s, Deliver)] == [False, True, True, False]


@given(st.integers(), st.lists(st.sampled_from((puback(1), PINGRESP)), max_size=80), st.integers(1, 50))
def test_what_is_not_swallowed_arrives_in_order(seed: int, packets: list[bytes], size: int) -> None:
    """Under any drawn turn the bytes delivered are the stream less whole swallowed packets, up to where it ended."""
    plan = [fault for fault in draw(seed, 1) if fault.turn == seed % 3]
    stream = CONNACK + b"".join(packets)
    kept = play([one for one in plan if one.kind is not Kind.SWALLOW], stream, size=size)
    assert stream.startswith(delivered(kept))
    lossy = delivered(play([one for one in plan if one.kind not in ENDING], stream, size=size))
    rest = iter([CONNACK, *packets])
    while lossy:
        packet = next(rest)
        lossy = lossy.removeprefix(packet)
