# SPDX-License-Identifier: Apache-2.0
import re
from datetime import UTC, datetime

from edge.contract.evidence_package import forgery_code, line_holds, machine_line, photograph_names, readme

AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def test_the_anti_forgery_code_is_short_stable_and_has_no_letters_that_look_like_digits() -> None:
    """Whoever holds the package works the same code out again; another manifest has another one."""
    code = forgery_code("a.b.c")
    assert code == forgery_code("a.b.c") == "GHF3-0H48-17HB-S2AR"
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code)
    assert code != forgery_code("a.b.d")


def test_a_misread_machine_line_shows() -> None:
    """One letter read wrong, or two neighbours exchanged, and the check letters do not fit."""
    line = machine_line("cam-12-stop-1", AT, "ab" * 32, "GN9S-48PS-GYXT-6GCR")
    assert line.startswith("DTE1<cam-12-stop-1<20261124T040000000Z<abababababababab<GN9S48PSGYXT6GCR<")
    assert line_holds(line)
    for at, letter in enumerate(line[:-1]):
        if letter.isalnum():
            assert not line_holds(line[:at] + ("7" if letter != "7" else "8") + line[at + 1 :])
        if letter != line[at + 1] and line[at : at + 2].isalnum():
            assert not line_holds(line[:at] + line[at + 1] + letter + line[at + 2 :])
    assert not line_holds("nonsense")


def test_entries_are_named_in_order_and_the_readme_is_in_both_languages() -> None:
    """A person who opens the file finds his way without us."""
    assert photograph_names(["whole-scene", "plate"]) == ("photographs/01-whole-scene.jpg", "photographs/02-plate.jpg")
    assert "供人工审核" in readme().decode()
    assert "For human review" in readme().decode()
