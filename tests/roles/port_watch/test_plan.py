# SPDX-License-Identifier: Apache-2.0
"""Which level holds: the last word wins, it may end by itself, and without a line it goes on."""

from datetime import timedelta

from edge.contract.words import ClockQuality
from edge.core.inputs import Ordered
from tests.roles.port_watch.quay import Quay, settings_of


def test_the_bulletin_issued_last_wins() -> None:
    """One that was issued before, or the same once more after a power cut, changes nothing and says nothing."""
    quay = Quay(level=None)
    assert quay.plan("ii")
    assert not quay.plan("i", issued_s=-60)
    assert not quay.plan("ii")
    assert quay.plan("none", issued_s=60)
    assert [(one["was"], one["level"], one["why"]) for one in quay.said("plan")] == [
        ("none", "ii", "ordered"),
        ("ii", "none", "ordered"),
    ]


def test_a_plan_ends_by_itself_by_a_clock_that_is_known() -> None:
    """At `until` the level falls to none, is told once, and ends incidents; with the clock unset it goes on."""
    quay = Quay(level=None)
    quay.plan("ii", until_s=100)
    quay.comes(1)
    quay.quality = ClockQuality.UNSET
    quay.plays(120)
    assert quay.facts == ["plan", "alarm"]
    quay.quality = ClockQuality.HELD
    quay.plays(120)
    assert quay.facts == ["plan", "alarm", "plan", "cleared"]
    assert quay.said("plan")[1]["why"] == "expired"


def test_without_a_line_the_last_level_goes_on_for_days() -> None:
    """A plan without an end outlives a restart and a week of silence."""
    quay = Quay(level="i")
    quay.wall_us += round(timedelta(days=7) / timedelta(microseconds=1))
    quay.uptime_ms = 5_000
    quay.starts()
    quay.comes(1)
    quay.plays(15)
    assert [one["level"] for one in quay.said("alarm")] == ["i"]


def test_until_the_hub_orders_a_level_the_settings_say_it() -> None:
    """A quay without a hub can be closed by its settings; the first order overrides that."""
    quay = Quay(settings_of(level="ii"), level=None)
    quay.comes(1)
    quay.plays(15)
    assert quay.facts == ["alarm"]
    quay.plan("none")
    assert quay.facts == ["alarm", "plan", "cleared"]


def test_orders_that_are_not_the_typhoon_plan_are_for_others() -> None:
    """What the role has no word for changes nothing."""
    quay = Quay()
    assert not quay.happens(Ordered(quay.now, quay.settings))
