# SPDX-License-Identifier: Apache-2.0
"""How values are shown to people and to programs."""

from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import pytest

from edge.config.shown import LONGEST, literal, masked, shown, without_password


@pytest.mark.parametrize(
    ("value", "words", "plain"),
    [
        (True, "true", True),
        (1.5, "1.5", 1.5),
        ('say "小心"', '"say \\"小心\\""', 'say "小心"'),
        (Path("/a b"), '"/a b"', "/a b"),
        ({"x": [1, "a"]}, '{x = [1, "a"]}', {"x": [1, "a"]}),
        ((1, 2), "[1, 2]", [1, 2]),
        (frozenset({"b", "a"}), '["a", "b"]', ["a", "b"]),
        (time(7, 30), "07:30:00", "07:30:00"),
        (date(2026, 11, 18), "2026-11-18", "2026-11-18"),
    ],
)
def test_a_value_is_written_as_toml_and_as_json(value: object, words: str, plain: object) -> None:
    """A person could paste the one into a file, a program can read the other."""
    assert (literal(value), masked(value)) == (words, plain)


@pytest.mark.parametrize("show", [literal, masked, shown])
def test_the_password_of_an_address_is_never_shown(show: Callable[[object], object]) -> None:
    """Whoever reads a log or a screenshot learns which camera it is and not how to get in."""
    told = str(show(["rtsp://admin:s3cret@10.0.0.1/1", {"url": "RTSP://u:s3cret@h"}]))
    assert "s3cret" not in told
    assert "admin:***@10.0.0.1" in told


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("rtsp://admin:se/cr@t@10.0.0.2/1", "rtsp://admin:***@10.0.0.2/1"),
        ("http://10.0.0.2/v.cgi?user=admin&pwd=s3cret&n=1", "http://10.0.0.2/v.cgi?user=admin&pwd=***&n=1"),
        ("rtsp://10.0.0.2/user=admin_password=s3cret_channel=1", "rtsp://10.0.0.2/user=admin_password=***"),
        ("rtsp://10.0.0.2/cam?channel=1&subtype=0", "rtsp://10.0.0.2/cam?channel=1&subtype=0"),
        ("/dev/video0", "/dev/video0"),
        ("say pwd=x", "say pwd=x"),
    ],
)
def test_a_password_is_hidden_wherever_cameras_take_it(address: str, told: str) -> None:
    """Before the host with any signs in it, or in the query, as cheap cameras want it."""
    assert without_password(address) == told


def test_an_address_without_a_password_stays_as_it_is() -> None:
    """Ports and paths with colons are no passwords."""
    assert literal("http://10.0.0.1:8080/a@b:c") == '"http://10.0.0.1:8080/a@b:c"'


def test_a_long_value_is_cut_in_a_message() -> None:
    """A mistake is told on one line, however much was written by mistake."""
    assert len(shown("x" * 1000)) == LONGEST
