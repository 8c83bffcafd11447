# SPDX-License-Identifier: Apache-2.0
import json
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from tests.faults.__main__ import SUITES, main
from tests.faults.tally import Tally


def suite(monkeypatch: pytest.MonkeyPatch, name: str, gives: Tally | Exception) -> list[tuple[int, float, Path]]:
    """A suite of this name that gives or raises; the list fills with how it was called."""
    calls: list[tuple[int, float, Path]] = []

    def play(seed: int, scale: float, folder: Path) -> Tally:
        calls.append((seed, scale, folder))
        assert list(folder.iterdir()) == []
        if isinstance(gives, Exception):
            raise gives
        return gives

    made = ModuleType(f"tests.faults.{name}")
    made.__dict__.update(NAME=name, MEANING="a made-up mishap", play=play)
    monkeypatch.setitem(sys.modules, made.__name__, made)
    return calls


def test_figures_are_summed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The last line of stdout is the sum of all suites, in the six words that programs read; stderr tells of each."""
    suite(monkeypatch, "rain", Tally(faults=3, accepted=10))
    suite(monkeypatch, "hail", Tally(faults=4, accepted=20))
    assert main(["--json"], ("rain", "hail")) == 0
    said = capsys.readouterr()
    assert json.loads(said.out.splitlines()[-1]) == {
        "faults": 7,
        "accepted": 30,
        "lost": 0,
        "duplicated": 0,
        "disordered": 0,
        "corrupt": 0,
    }
    assert "rain: a made-up mishap" in said.err
    assert "hail: 4 faults, 20 accepted" in said.err


@pytest.mark.parametrize("wrong", ["lost", "duplicated", "disordered", "corrupt"])
def test_whatever_is_wrong_fails(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    """One event lost, doubled, out of order or corrupt, in any suite, and the programme ends with 1."""
    suite(monkeypatch, "rain", Tally(**{wrong: 1}))
    suite(monkeypatch, "hail", Tally())
    assert main([], ("rain", "hail")) == 1


def test_a_suite_that_breaks_down_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Its seed is told, the others are played and counted all the same, and the programme ends with 1."""
    suite(monkeypatch, "rain", RuntimeError("the sky fell"))
    suite(monkeypatch, "hail", Tally(faults=4))
    assert main(["--seed", "9", "--json"], ("rain", "hail")) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["faults"] == 4
    assert "the sky fell" in said.err
    assert "rain: failed with seed 9" in said.err
    assert "--only rain --seed 9 --scale 1'" in said.err


def test_one_suite_can_be_played_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--only`, `--seed` and `--scale` reach the suite, and no other is played."""
    rain = suite(monkeypatch, "rain", Tally())
    hail = suite(monkeypatch, "hail", Tally())
    assert main(["--only", "hail", "--seed", "5", "--scale", "0.25"], ("rain", "hail")) == 0
    assert [(seed, scale) for seed, scale, _ in hail] == [(5, 0.25)]
    assert rain == []


@pytest.mark.parametrize("name", SUITES)
def test_each_suite_has_its_shape(name: str) -> None:
    """What is registered can be imported and says what it plays."""
    module = import_module(f"tests.faults.{name}")
    assert module.NAME
    assert module.MEANING
    assert callable(module.play)
