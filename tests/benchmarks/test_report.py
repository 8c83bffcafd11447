# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.__main__ import main
from benchmarks.figures import percentile

RUN = {
    "benchmark": "drain",
    "quick": False,
    "taken_at": "2026-11-24T06:00:00+00:00",
    "load_before": 0.1,
    "load_after": 0.9,
    "machine": {"cpus": 2, "processor": "x86-64", "system": "Linux", "python": "3.11"},
    "events_per_s": 12345,
    "peer": {"name": "paho", "msgs_per_s": 678.5},
}


def test_table_holds_every_figure() -> None:
    """Each figure has a line, nested ones under a dotted name, and the run's circumstances stand above."""
    told = report.table(RUN)
    assert "| `events_per_s` | 12,345 |" in told
    assert "| `peer.msgs_per_s` | 678.5 |" in told
    assert "load average 0.1 before and 0.9 after" in told
    assert "taken_at" not in told


def test_figures_replace_only_what_is_between_the_marks() -> None:
    """A second writing leaves the text around the figures as it was, and none of the old figures."""
    page = f"above\n{report.BEGIN}\nold\n{report.END}\nbelow\n"
    written = report.with_figures(report.with_figures(page, "first"), "second")
    assert written == f"above\n{report.BEGIN}\n\nsecond\n{report.END}\nbelow\n"


def test_page_without_marks_is_refused() -> None:
    """Figures are never written to a place that nobody marked for them."""
    with pytest.raises(ValueError, match="lacks its marks"):
        report.with_figures("no marks", "figures")


def test_the_page_has_its_marks() -> None:
    """The page in docs can be refreshed."""
    assert report.with_figures(report.PAGE.read_text("utf-8"), "figures")


def test_report_without_figures_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything was measured the report names the command that measures."""
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    assert main(["report"]) == 1
    assert "make bench" in capsys.readouterr().err


def test_unknown_benchmark_is_told_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt name runs nothing and lists what there is."""
    assert main(["outbocks"]) == 2
    assert "outbox" in capsys.readouterr().err


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 3.0), (0.95, 5.0), (1.0, 5.0)])
def test_percentile_is_a_value_that_was_seen(share: float, value: float) -> None:
    """No interpolation: a percentile is one of the measurements."""
    assert percentile([5.0, 1.0, 3.0, 2.0], share) == value
