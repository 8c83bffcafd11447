# SPDX-License-Identifier: Apache-2.0
import io
import os
from collections.abc import Mapping

import pytest

from edge.agent.columns import Column, cut, padded, size, span, table, width_of
from edge.agent.drain import WINDOW_S, Drain, Rate
from edge.agent.progress import Bar
from edge.contract.local import LaneDepth, Outbox
from edge.contract.problems import Language
from edge.contract.words import Lane

NOTHING = LaneDepth(rows=0, bytes=0, last_seq=0, acked_seq=0)


def outbox(lanes: Mapping[Lane, LaneDepth], epoch: str = "e1") -> Outbox:
    return Outbox(device="pole-1", epoch=epoch, lanes={**dict.fromkeys(Lane, NOTHING), **lanes}, disk_bytes=0)


def depth(rows: int, last: int, shed: int = 0, files: int = 0) -> LaneDepth:
    return LaneDepth(
        rows=rows, bytes=rows * 100, last_seq=last, acked_seq=last - rows, shed_rows=shed, blob_bytes=files
    )


def test_rows_that_left_are_counted_though_others_came() -> None:
    """Twenty came, a hundred left: a hundred in two seconds is the rate, and eighty fewer the way to empty."""
    drain = Drain()
    drain.saw(0.0, outbox({Lane.STATE: depth(1000, 1000)}))
    drain.saw(2.0, outbox({Lane.STATE: depth(920, 1020)}))
    assert drain.rate() == Rate(50.0, 5000.0, 10.0, 23.0)


def test_what_was_given_up_did_not_drain() -> None:
    """Rows that were shed left as well, but not to the hub."""
    drain = Drain()
    drain.saw(0.0, outbox({Lane.METRIC: depth(1000, 1000)}))
    drain.saw(1.0, outbox({Lane.METRIC: depth(400, 1000, shed=600)}))
    assert drain.rate().rows_per_s == 0


def test_pictures_count_with_their_files() -> None:
    """A row of lane blob is small; what goes over the wire is the file's piece."""
    drain = Drain()
    drain.saw(0.0, outbox({Lane.BLOB: depth(10, 10, files=9_000)}))
    drain.saw(1.0, outbox({Lane.BLOB: depth(9, 10, files=8_100)}))
    assert drain.rate().bytes_per_s == 1000


def test_only_the_last_seconds_count() -> None:
    """A drain that came to a standstill is one."""
    drain = Drain()
    drain.saw(0.0, outbox({Lane.STATE: depth(1000, 1000)}))
    for second in range(1, 12):
        drain.saw(float(second), outbox({Lane.STATE: depth(100, 1000)}))
    assert drain.rate() == Rate(0.0, 0.0, 0.0, None)
    assert len(drain._looks) <= WINDOW_S + 2


def test_a_new_store_is_a_new_beginning() -> None:
    """Its rows have nothing to do with those of the one before."""
    drain = Drain()
    drain.saw(0.0, outbox({Lane.STATE: depth(1000, 1000)}))
    drain.saw(1.0, outbox({Lane.STATE: depth(10, 10)}, epoch="e2"))
    assert drain.rate() == Rate(0.0, 0.0, 0.0, None)
    drain.saw(2.0, outbox({Lane.STATE: depth(0, 10)}, epoch="e2"))
    assert drain.rate().left_s == 0


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KB"),
        (10_240, "10 KB"),
        (1.5 * 1024**3, "1.5 GB"),
        (1024**5, "1024 TB"),
    ],
)
def test_sizes_are_short(count: float, words: str) -> None:
    """Two figures are enough to know a size by."""
    assert size(count) == words


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (-5, "0 s", "0 秒"),
        (59.4, "59 s", "59 秒"),
        (60, "1 min", "1 分"),
        (3_700, "1 h 1 min", "1 小时 1 分"),
        (86_400 * 3 + 1, "3 d", "3 天"),
    ],
)
def test_spans_are_words(seconds: float, english: str, chinese: str) -> None:
    """The two largest units, and nothing that is nought."""
    assert (span(seconds, Language.EN), span(seconds, Language.ZH)) == (english, chinese)


def test_chinese_takes_two_columns() -> None:
    """Where text is measured, padded and cut."""
    assert width_of("通道a") == 5
    assert padded("通道", 6) == "  通道"
    assert padded("通道", 6, left=True) == "通道  "
    assert cut("通道a", 4) == "通道"
    assert cut("通道", 3) == "通"


def test_a_narrow_table_leaves_out_what_can_be_spared() -> None:
    """The most sparing first; what cannot be spared stays, however narrow it is."""
    columns = [Column("lane", ["state"], left=True), Column("a", ["111"], spare=1), Column("b", ["222"], spare=2)]
    assert table(columns, 80) == ["lane     a    b", "state  111  222"]
    assert table(columns, 12) == ["lane     a", "state  111"]
    assert table(columns, 1) == ["lane", "state"]


class Screen(io.StringIO):
    encoding = "utf-8"

    def __init__(self, *, tty: bool) -> None:
        super().__init__()
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_a_bar_never_breaks_the_line(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the width, each drawing is one line with room at its end, over the one before."""
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((columns, 24)))
    screen = Screen(tty=True)
    bar = Bar(screen, lambda: 0.0)
    for part in (0.0, 0.5, 1.0):
        bar.show(part, "余 1,234 行，120/秒，还需 1 时 2 分", always=True)
    bar.close()
    drawn = screen.getvalue().removesuffix("\n").split("\r")[1:]
    assert len(drawn) == 3
    assert all(width_of(line.removesuffix("\x1b[K")) < columns for line in drawn)
    assert screen.getvalue().endswith("\n")


def test_a_bar_is_not_drawn_too_often() -> None:
    """Ten times a second where somebody looks; a line a second in a log, and none for what takes less."""
    for tty, due in ((True, 10), (False, 1)):
        now, screen = [0.0], Screen(tty=tty)
        bar = Bar(screen, lambda now=now: now[0])  # type: ignore[misc]
        for hundredth in range(1, 101):
            now[0] = hundredth / 100
            bar.show(0.5, "words")
        bar.close()
        assert screen.getvalue().count("words") == due
        assert ("\r" in screen.getvalue()) is tty
