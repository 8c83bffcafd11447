# SPDX-License-Identifier: Apache-2.0
"""Links that look alive and are not: half-open lines, forgotten subscriptions, hubs that hear and are not heard."""

from dataclasses import replace
from itertools import pairwise

import pytest

from edge.contract.words import Lane
from edge.sync.actions import Canary, Connect, Disconnect, Ping, Resubscribe, Wait
from edge.sync.reasons import Ending
from edge.sync.settings import Limits, SessionSettings
from edge.sync.silence import MOVE_AGAIN_S
from tests.sync.bench import ACK_TIMEOUT_S, DEAF, EPOCH, Bench, ack

RECORD, STATE = Lane.RECORD, Lane.STATE
SETTINGS = SessionSettings(EPOCH, window=4, ack_timeout_s=ACK_TIMEOUT_S, silence_s=8.0, canary_s=45.0)


@pytest.fixture
def bench() -> Bench:
    """A session that watches both ends, connected."""
    made = Bench(SETTINGS)
    made.connect()
    return made


def test_half_open_line_is_given_up_within_twice_the_silence(bench: Bench) -> None:
    """Nothing heard for `silence_s`: the broker is asked once; as long again without a word, the line is dead."""
    assert bench.next() == Wait(8.0)
    bench.now_s = 8.0
    assert bench.next() == Ping()
    assert bench.next() == Wait(16.0)
    bench.now_s = 16.0
    assert bench.next() == Disconnect("not a word from the broker", Ending.SILENT)


def test_with_another_broker_a_silent_one_is_left_within_ten_seconds() -> None:
    """Asked sooner, and given up sooner, since there is somewhere to go."""
    bench = Bench(replace(SETTINGS, brokers=2))
    bench.connect()
    assert bench.next() == Wait(4.5)
    bench.now_s = 4.5
    assert bench.next() == Ping()
    bench.now_s = 9.0
    assert bench.next() == Disconnect("not a word from the broker", Ending.SILENT)
    bench.session.link_down(9.0, 1.0, Ending.SILENT)
    assert bench.next() == Connect(1)


def test_whatever_is_heard_is_an_answer(bench: Bench) -> None:
    """Any byte from the broker starts the silence anew; what was heard before the question answers nothing."""
    bench.now_s = 8.0
    assert bench.next() == Ping()
    bench.session.heard(7.0)
    assert bench.next() == Wait(16.0)
    bench.session.heard(8.1)
    assert bench.next() == Wait(16.1)


def test_hub_without_a_word_is_asked_for_one(bench: Bench) -> None:
    """A canary goes when the hub has said nothing for `canary_s`; its acknowledgement is the hub's word."""
    bench.session.heard(44.0)
    bench.now_s = 45.0
    assert bench.next() == Canary()
    bench.rows(STATE, 1)
    assert bench.send() == (STATE, 1, 1)
    bench.delivered(1)
    bench.acked(ack({STATE: 1}, at_s=45))
    bench.session.heard(89.0)
    bench.now_s = 89.0
    assert bench.next() == Wait(90.0)


def test_what_is_under_way_is_canary_enough(bench: Bench) -> None:
    """Batches that wait for the hub's word show whether it comes: nothing is written for the question's sake."""
    bench.now_s = 44.0
    bench.session.heard(44.0)
    bench.rows(STATE, 1)
    bench.send()
    bench.now_s = 45.0
    assert bench.next() == Wait(52.0)


def test_forgotten_subscription_is_mended_within_90_s(bench: Bench) -> None:
    """A broker that forgot what we listen to takes all and brings nothing: we subscribe again, then call anew."""
    bench.now_s = 45.0
    bench.session.heard(45.0)
    assert bench.next() == Canary()
    bench.rows(STATE, 1)
    bench.send()
    bench.delivered(1)
    bench.now_s += ACK_TIMEOUT_S
    bench.session.heard(bench.now_s)
    assert bench.next() == Resubscribe()
    assert bench.silent()
    bench.now_s += 1.0
    assert bench.send() == (STATE, 1, 1)
    bench.delivered(2)
    bench.now_s += ACK_TIMEOUT_S
    bench.session.heard(bench.now_s)
    assert bench.next() == Disconnect("the hub does not answer")
    assert bench.now_s <= 90.0


def test_silent_hub_costs_a_new_link_at_most_every_five_minutes(bench: Bench) -> None:
    """If the hub is down no link mends it, and a thousand devices must not call their broker for its sake."""
    bench.rows(STATE, 1)
    left = []
    for _ in range(40):
        bench.session.heard(bench.now_s)
        if isinstance(bench.next(), Disconnect):
            left.append(bench.now_s)
            bench.session.link_down(bench.now_s, 0.0)
            bench.now_s += 1.0
            assert bench.next() == Connect()
            bench.session.link_up(Limits(), bench.now_s)
        if bench.send():
            bench.delivered(bench.tokens)
        bench.now_s += ACK_TIMEOUT_S
    assert len(left) > 1
    assert min(later - earlier for earlier, later in pairwise(left)) >= MOVE_AGAIN_S


def test_progress_takes_back_every_suspicion(bench: Bench) -> None:
    """Once the watermark moves, the next silence begins with the mildest remedy."""
    bench.rows(STATE, 20)
    bench.send()
    bench.delivered(1)
    bench.now_s = ACK_TIMEOUT_S
    bench.session.heard(bench.now_s)
    assert bench.next() == Resubscribe()
    bench.acked(ack({STATE: 10}, at_s=15))
    assert bench.send() == (STATE, 11, 20)
    bench.delivered(2)
    bench.now_s += ACK_TIMEOUT_S
    bench.session.heard(bench.now_s)
    assert bench.next() == Resubscribe()


def test_deaf_broker_is_left_if_there_is_another() -> None:
    """Nobody subscribes here: the hub may listen at the next broker; with one broker alone there is nowhere to go."""
    for brokers, leaves in ((2, True), (1, False)):
        bench = Bench(SessionSettings(EPOCH, brokers=brokers, ack_timeout_s=ACK_TIMEOUT_S))
        bench.connect()
        bench.rows(STATE, 1)
        for _ in range(2):
            assert bench.send()
            bench.delivered(bench.tokens, code=DEAF)
            bench.now_s += 5.0
        assert isinstance(bench.next(), Disconnect) is leaves


def test_without_a_hub_the_subscription_itself_is_renewed() -> None:
    """With `ack = "broker"` no hub speaks: that we still hear commands is only sure after subscribing again."""
    bench = Bench(SessionSettings(EPOCH, trust="broker", canary_s=45.0))
    bench.connect()
    bench.now_s = 45.0
    assert bench.next() == Resubscribe()
    assert bench.next() == Wait(90.0)


def test_lane_the_broker_does_not_want_is_left_alone(bench: Bench) -> None:
    """Not authorized: offered again with every batch it would stop the others; the next link tries once more."""
    bench.rows(RECORD, 10)
    bench.rows(STATE, 10)
    bench.send_all()
    assert bench.delivered(1, code=0x87) == []
    assert list(bench.session.unwanted) == [RECORD]
    assert bench.send_all() == []
    bench.acked(ack({STATE: 10}))
    bench.rows(RECORD, 20)
    assert bench.send_all() == []
    bench.session.link_down(0.0, 0.5)
    bench.session.link_up(Limits(), 1.0)
    assert not bench.session.unwanted
    assert bench.send() == (RECORD, 1, 10)


def test_busy_broker_is_offered_the_same_later(bench: Bench) -> None:
    """Quota exceeded, and every code nobody knows: the row stays and goes again after a quiet while."""
    for code in (0x97, 0xFE):
        bench.rows(STATE, 10)
        assert bench.send() == (STATE, 1, 10)
        bench.delivered(bench.tokens, code=code)
        assert isinstance(bench.next(), Resubscribe | Wait | Disconnect)
        bench.now_s += 5.0
        bench.session.link_up(Limits(), bench.now_s)


def test_too_many_at_once_is_taken_to_heart(bench: Bench) -> None:
    """A broker that ends the link over our window gets half of it from then on, whatever it granted."""
    bench.rows(Lane.URGENT, 100)
    assert len(bench.send_all()) == 4
    for most in (2, 1, 1):
        bench.session.link_down(bench.now_s, 0.5, Ending.TOO_MANY)
        bench.session.link_up(Limits(), bench.now_s)
        assert len(bench.send_all()) == most
