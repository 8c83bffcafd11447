# SPDX-License-Identifier: Apache-2.0
"""Number plates: waited for, told, kept as a close-up; and those that may stay."""

import pytest
from pydantic import ValidationError

from edge.core.errands import ReadPlates
from edge.core.tracks import Kind, PictureRef, PlateRead
from edge.roles.illegal_parking.exemptions import agreeing
from edge.roles.illegal_parking.role import ROLE
from tests.roles.illegal_parking.street import SPOT, Street, settings_of, shifted_box


def plate_of(street: Street, text: str = "浙C12345", sure: float = 0.97, *, age_s: float | None = 0.0) -> PlateRead:
    """A plate as read now, with a close-up of some age."""
    taken_us = street.wall_us - round((age_s or 0) * 1e6)
    closeup = None if age_s is None else PictureRef(f"{abs(hash(text)):064x}"[:64], 9_000, "image/jpeg", taken_us)
    return PlateRead(text, sure, "blue", 5, closeup)


def reading(**zone: object) -> Street:
    """A street whose camera has read a plate before."""
    street = Street(settings_of(zone))
    street.comes(99, shifted_box(SPOT, right=-3.0), moving=True)
    street.changes(99, plate=plate_of(street, "浙A99999"))
    street.plays(1)
    street.vanishes(99)
    return street


def test_a_case_tells_the_plate_and_shows_it() -> None:
    """Text, sureness and colour, and one close-up of the vehicle as it stands."""
    street = Street()
    street.comes(1)
    street.plays(20)
    street.changes(1, plate=plate_of(street))
    street.plays(50)
    case = street.said("case")[0]
    assert case["plate"] == {"text": "浙C12345", "confidence": 0.97, "colour": "blue"}
    assert [one["view"] for one in case["photographs"]].count("plate") == 1
    assert case["no_plate"] is None
    street.leaves(1)
    assert street.said("opened")[0]["plate"] is None


def test_a_close_up_from_its_way_there_is_none_of_its_standing() -> None:
    """The text counts, the picture does not, and the case says so."""
    street = Street()
    street.comes(1)
    street.changes(1, plate=plate_of(street, age_s=30))
    street.plays(65)
    case = street.said("case")[0]
    assert (case["plate"]["text"], case["no_plate"]) == ("浙C12345", "not-legible")


def test_waits_for_a_plate_where_plates_are_read() -> None:
    """A wanted plate is waited for, and not for ever; where none was ever read there is no waiting."""
    for street, at_s, why in ((reading(plate_wait_s=20), 80, "not-found"), (Street(), 60, "not-looked-for")):
        street.comes(1)
        street.plays(100)
        case = street.said("case")[0]
        assert (case["dwell_s"], case["no_plate"], case["plate"]) == (at_s, why, None)


def test_a_plate_that_comes_late() -> None:
    """The case goes out as soon as the plate is read."""
    street = reading()
    street.comes(1)
    street.plays(70)
    street.changes(1, plate=plate_of(street))
    street.plays(5)
    assert street.said("case")[0]["dwell_s"] == 71


def test_required_and_not_asked_for() -> None:
    """Without a plate there is no case where one is required, and none is waited for where nobody asks."""
    for need, facts in (("required", ["opened"]), ("no", ["opened", "case"])):
        street = reading(plate=need)
        street.comes(1)
        street.plays(300)
        assert street.facts == facts


def test_unsure_reads_are_not_told() -> None:
    """What is read below the least is no plate, and the case says that there was one."""
    street = Street()
    street.comes(1)
    street.changes(1, plate=plate_of(street, sure=0.3))
    street.plays(100)
    case = street.said("case")[0]
    assert (case["plate"], case["no_plate"]) == (None, "not-legible")


def test_another_plate_in_the_same_place() -> None:
    """After a restart the plate tells whether it is the same car: one slip is, more are not."""
    for text, facts in (("浙C12346", ["opened", "case"]), ("浙B77777", ["opened"])):
        street = Street()
        street.comes(1)
        street.plays(30)
        street.changes(1, plate=plate_of(street))
        street.plays(5)
        street.restarts(10)
        street.changes(101, plate=plate_of(street, text))
        street.plays(40)
        assert [fact for fact in street.facts if fact != "departed"] == facts, text
        assert all(case["plate"]["text"] == text for case in street.said("case"))


@pytest.mark.parametrize(
    ("pattern", "plate", "agrees"),
    [
        ("浙C*警", "浙C1234警", True),
        ("浙c·*警", "浙C12345", False),
        ("WJ*", "WJ浙1234X", True),
        ("浙C 12345", "浙C12345", True),
        ("浙C1234?", "浙C12345", True),
        ("浙C1234?", "浙C123456", False),
    ],
)
def test_patterns_of_plates(pattern: str, plate: str, agrees: bool) -> None:
    """A star stands for any characters, a question mark for one; dots, blanks and case do not matter."""
    assert bool(agreeing(settings_of(exempt_plates=[pattern]).exempt_plates, plate)) is agrees


@pytest.mark.parametrize(("pattern", "told"), [("*?", "exempt everybody"), ("浙C[12]", "Chinese characters")])
def test_bad_patterns_are_told_in_words(pattern: str, told: str) -> None:
    """A pattern that exempts everybody, or is none, is a slip."""
    with pytest.raises(ValidationError, match=told):
        settings_of(exempt_plates=[pattern])


def test_exempt_by_its_plate() -> None:
    """A police car is let be as soon as it is known for one: no case, no picture, and a line for the audit."""
    street = Street()
    street.comes(1)
    street.plays(25)
    assert street.held
    street.changes(1, plate=plate_of(street, "浙C1234警"))
    street.plays(100)
    assert (street.facts, street.held) == (["opened"], {})
    street.leaves(1)
    street.plays(10)
    assert street.facts == ["opened", "exempted", "departed"]
    told = street.said("exempted")[0]
    assert (told["by"], told["rule"], told["plate"], told["number"]) == ("plate", "*警", "浙C1234警", 1)
    assert (told["stay"], street.said("departed")[0]["completed"]) == (told["stay"], False)
    assert told["dwell_s"] > 60


def test_exempt_by_its_kind() -> None:
    """A bus may stay: nothing is said of a short stay, one line of a long one, and each is counted."""
    street = Street(settings_of({"exempt": ["bus"]}))
    for stays_s in (30, 80, 90):
        street.comes(1, kind=Kind.BUS)
        street.plays(stays_s)
        street.leaves(1)
        street.plays(20)
    assert street.facts == ["exempted", "exempted"]
    assert [told["number"] for told in street.said("exempted")] == [1, 2]
    assert (street.said("exempted")[0]["rule"], street.said("exempted")[0]["plate"], street.kept) == ("bus", None, [])


def test_taken_for_a_bus() -> None:
    """Whose kind was a slip of the detector is one that may not stay, opened or not, with its whole dwell."""
    for slips_at_s in (3, 20):
        street = Street(settings_of({"exempt": ["bus"]}))
        street.comes(1, kind=Kind.CAR if slips_at_s > 10 else Kind.BUS)
        street.plays(slips_at_s)
        street.changes(1, kind=Kind.BUS)
        street.plays(5)
        street.changes(1, kind=Kind.CAR)
        street.plays(70)
        assert street.facts == ["opened", "case"]
        assert street.said("case")[0]["dwell_s"] <= 62


def test_exempt_in_a_zone_that_is_no_more() -> None:
    """Of a zone that was taken out of the settings nobody can say how long was too long."""
    street = Street(settings_of({"exempt": ["bus"]}, {"name": "other"}))
    street.comes(1, kind=Kind.BUS)
    street.plays(100)
    street.settings = settings_of({"name": "other"})
    street.restarts(1)
    assert street.facts == []


def test_what_is_asked_of_the_camera() -> None:
    """Plates are read in the zones that want them; where one requires them, the device must be able to."""
    settings = settings_of({}, {"name": "b", "plate": "required"}, {"name": "c", "camera": "west", "plate": "no"})
    (errand,) = ROLE.needs.errands(settings)
    assert errand == ReadPlates("east", (settings.zones[0].polygon, settings.zones[1].polygon), needed=True)
    assert ROLE.needs.errands(settings_of({}))[0].needed is False  # type: ignore[union-attr]
