# SPDX-License-Identifier: Apache-2.0
"""How identities are counted: a switch, a fragmentation and a wrong merge, each in a story of a few frames."""

from benchmarks.tracked.clips import chains
from benchmarks.tracked.score import Judge
from edge.core.geometry import Box
from edge.core.tracks import Kind
from edge.vision.detector import Detection

LEFT, RIGHT = Box(0.1, 0.4, 0.3, 0.6), Box(0.6, 0.4, 0.8, 0.6)


def counted(*frames: tuple[dict[int, Box], dict[int, Box]], whole: bool = True) -> tuple[int, int, int]:
    judge = Judge(whole=whole)
    for things, tracks in frames:
        judge.look(things, tracks)
    return judge.score.switches, judge.score.fragmentations, judge.score.merges


def test_the_same_identity_all_along_counts_nothing() -> None:
    """Two cars that keep their numbers, one of them out of sight for a frame."""
    assert counted(({1: LEFT, 2: RIGHT}, {7: LEFT, 8: RIGHT}), ({1: LEFT}, {7: LEFT}), ({1: LEFT}, {7: LEFT})) == (
        0,
        0,
        0,
    )


def test_another_identity_for_the_same_car_is_a_switch() -> None:
    """Also after it was not told for a while, which is a fragmentation as well."""
    assert counted(({1: LEFT}, {7: LEFT}), ({1: LEFT}, {}), ({1: LEFT}, {9: LEFT})) == (1, 1, 0)


def test_the_same_identity_for_another_car_is_a_merge() -> None:
    """Where truth is whole, whether or not the first is still there; where it may break off, only if he is."""
    story = (({1: LEFT}, {7: LEFT}), ({2: LEFT}, {7: LEFT}))
    assert counted(*story) == (0, 0, 1)
    assert counted(*story, whole=False) == (0, 0, 0)


def test_chains_break_off_where_two_could_be_it() -> None:
    """A car alone is one chain; where another comes so near that either could be it, nobody is."""

    def at(x: float) -> Detection:
        return Detection(Kind.CAR, 0.8, Box(x, 0.4, x + 0.2, 0.6))

    alone = [[at(0.01 * frame)] for frame in range(20)]
    assert [len(one.boxes) for one in chains(alone)] == [20]
    both = [*alone, [at(0.2), at(0.25)], *([at(0.21 + 0.01 * frame)] for frame in range(20))]
    assert [len(one.boxes) for one in chains(both)] == [20, 20]
