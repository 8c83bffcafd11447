# SPDX-License-Identifier: Apache-2.0
"""A load tool that nobody can point at a stranger by mistake."""

import sys
from pathlib import Path

import pytest

from edge.contract.problems import ProblemError
from provisioning import cli
from provisioning.bench.hub_process import HubProcess
from provisioning.fleet.run import FleetRun
from provisioning.fleet.target import Target, is_loopback, make_sure, target_of

ELSEWHERE = "192.0.2.7"
"""An address for documentation, where nobody is."""


@pytest.fixture
def never_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever would start is a failure."""

    def starts(*_: object) -> None:
        pytest.fail("it started")

    monkeypatch.setattr(FleetRun, "run", starts)
    monkeypatch.setattr(HubProcess, "start", starts)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_this_machine_needs_no_question(host: str) -> None:
    """Loopback in every spelling is our own business."""
    assert is_loopback(host)
    make_sure(Target(host, 1883), None, lambda: pytest.fail("asked"))


@pytest.mark.parametrize("host", [ELSEWHERE, "10.0.0.1", "0.0.0.0", "2001:db8::1", "no-such-name.invalid"])  # noqa: S104  (not listened on)
def test_all_else_is_elsewhere(host: str) -> None:
    """Private networks, every address, and names that lead nowhere today are not this machine."""
    assert not is_loopback(host)


@pytest.mark.parametrize("answer", ["", "y", "yes\n", "192.0.2.8", f"{ELSEWHERE}:1883"])
def test_only_its_name_will_do(answer: str) -> None:
    """A reflex is no answer: the host's own name must be typed."""
    with pytest.raises(ProblemError) as failed:
        make_sure(Target(ELSEWHERE, 1883), None, lambda: answer)
    assert failed.value.problem.code == "fleet-not-confirmed"


def test_its_name_is_enough() -> None:
    """Typed when asked, or given in advance, in which case nobody is asked."""
    make_sure(Target(ELSEWHERE, 1883), None, lambda: f"{ELSEWHERE}\n")
    make_sure(Target(ELSEWHERE, 1883), ELSEWHERE, lambda: pytest.fail("asked"))


def test_a_wrong_name_in_advance_asks_nobody() -> None:
    """A script with last month's host stops; it does not wait for a person."""
    with pytest.raises(ProblemError):
        make_sure(Target(ELSEWHERE, 1883), "192.0.2.8", lambda: pytest.fail("asked"))


@pytest.mark.parametrize("text", ["", "host", ":1883", "host:", "host:0", "host:70000", "host:mqtt"])
def test_a_broker_is_host_and_port(text: str) -> None:
    """Anything else is refused before a name is looked up."""
    with pytest.raises(ProblemError) as failed:
        target_of(text)
    assert failed.value.problem.code == "broker-invalid"


def test_addresses_of_version_six_stand_in_brackets() -> None:
    """The brackets are not part of the host."""
    assert target_of("[::1]:1883") == Target("::1", 1883)


@pytest.mark.usefixtures("never_run")
def test_without_an_answer_nothing_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A script that names another machine is told what would have happened, and ends with exit code 1."""
    assert not sys.stdin.isatty()
    words = f"fleet-sim --devices 300 --rate 2 --seconds 30 --broker {ELSEWHERE}:1883 --folder {tmp_path / 'run'}"
    assert cli.run(words.split()) == cli.PROBLEM
    said = capsys.readouterr()
    assert said.out == ""
    for part in ("300", f"{ELSEWHERE}:1883", "600", "dt/1/sim-0001", f"--yes-i-own {ELSEWHERE}"):
        assert part in said.err
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("never_run")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("--outage broker-killed", cli.PROBLEM),
        (f"--broker {ELSEWHERE}:1883 --outage hub-killed@1+1 --yes-i-own {ELSEWHERE}", cli.PROBLEM),
        ("--broker 127.0.0.1:1", cli.CANNOT_REACH),
        ("--devices 0", cli.WRONG_USE),
        ("--rate -1", cli.WRONG_USE),
        ("--prefix Sim_", cli.WRONG_USE),
    ],
)
def test_nonsense_starts_nothing(words: str, code: int) -> None:
    """Scripts and numbers that make no sense are found before a broker, a hub or a device is started."""
    assert cli.run(["fleet-sim", *words.split()]) == code
