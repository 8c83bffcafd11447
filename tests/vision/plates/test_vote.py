# SPDX-License-Identifier: Apache-2.0

import pytest

from edge.core.geometry import Box
from edge.core.tracks import Kind, Track
from edge.vision.plates.beam import Candidate
from edge.vision.plates.owner import owner
from edge.vision.plates.reading import Reading, surety
from edge.vision.plates.vote import CERTAIN, MOST_TEXTS, Ballot, weight


def look(*candidates: tuple[str, float]) -> Reading:
    return Reading(tuple(Candidate(text, log_p) for text, log_p in candidates), 0.5)


def voted(*looks: Reading, weighs: float = 1.0) -> Ballot:
    ballot = Ballot()
    for one in looks:
        ballot.add(one, "blue", weighs)
    return ballot


CLEAR = look(("京A12345", -0.1), ("京A12845", -8.0))
MISTAKEN = look(("京A12845", -1.0), ("京A12345", -1.6))


def test_most_looks_decide() -> None:
    """One look that is a little mistaken is overruled by clear ones, in whatever order they come."""
    verdict = voted(MISTAKEN, CLEAR, CLEAR).verdict()
    assert verdict is not None
    assert (verdict.text, verdict.looks) == ("京A12345", 3)


def test_a_small_blurred_look_counts_little() -> None:
    """Size and sharpness are the weight of a look: a far one does not overrule a near one."""
    ballot = voted(CLEAR, weighs=weight(30.0, 1.0))
    ballot.add(look(("京A12845", -0.1), ("京A12345", -5.0)), "blue", weight(8.0, 0.4))
    verdict = ballot.verdict()
    assert verdict is not None
    assert verdict.text == "京A12345"


def test_one_look_is_never_certain() -> None:
    """However clear, a single look does not end the reading."""
    once, thrice = voted(CLEAR).verdict(), voted(CLEAR, CLEAR, CLEAR).verdict()
    assert once is not None
    assert thrice is not None
    assert once.sure < CERTAIN <= thrice.sure


def test_doubt_stays_doubt() -> None:
    """The same doubtful picture again and again makes no certain plate."""
    verdict = voted(*[look(("京A12345", -2.0), ("京A12845", -2.2))] * 20).verdict()
    assert verdict is not None
    assert verdict.sure < 0.9


def test_a_plate_that_is_looked_at_for_days_is_remembered_and_slips_are_not() -> None:
    """Ever new slips of the eye neither fill memory nor push out what was read all the time."""
    ballot = Ballot()
    for number in range(5000):
        ballot.add(look(("京A12345", -0.3), (f"京B{number:05}", -2.0)), "blue", 1.0)
    verdict = ballot.verdict()
    assert verdict is not None
    assert (verdict.text, len(ballot._gains) <= MOST_TEXTS) == ("京A12345", True)
    assert len(ballot._levels) == len(ballot._gains)


def test_no_look_no_verdict() -> None:
    """Texts that no plate can have are not heard."""
    ballot = voted(look(("HELLO", -0.1)))
    assert ballot.verdict() is None
    assert ballot.looks == 0


def test_the_colour_of_most_looks() -> None:
    """A headlight's glare that turns a blue plate white once does not change its colour."""
    ballot = voted(CLEAR, CLEAR)
    ballot.add(CLEAR, "white", 1.0)
    assert ballot.colour == "blue"


@pytest.mark.parametrize(("margin", "log_p"), [(0.0, -0.1), (3.0, -15.0)])
def test_neither_a_tie_nor_a_smear_is_sure(margin: float, log_p: float) -> None:
    """Surety needs both: a margin to the next text, and a text that fits what is seen."""
    assert surety(margin, log_p) < surety(6.0, -0.1)
    assert surety(margin, log_p) < 0.9


def car(number: int, box: Box, *, seen: bool = True, kind: Kind = Kind.CAR) -> Track:
    return Track(number, kind, 0.9, box, 0, 0, seen=seen, arrived=True, still_since_us=0)


PARKED = car(1, Box(0.1, 0.4, 0.3, 0.7))
PLATE = Box(0.18, 0.6, 0.22, 0.62)


def test_a_plate_belongs_to_the_vehicle_around_it() -> None:
    """The one vehicle whose box holds the plate owns it; beside the box nobody does."""
    assert owner(PLATE, [PARKED, car(2, Box(0.5, 0.4, 0.8, 0.7))]) is PARKED
    assert owner(Box(0.4, 0.6, 0.44, 0.62), [PARKED]) is None


def test_parked_plate_not_given_to_the_car_that_passes_behind() -> None:
    """A car on the lane behind overlaps the parked car's box; it ends higher, so the plate is not its own."""
    passing = car(2, Box(0.12, 0.3, 0.42, 0.64))
    assert owner(PLATE, [passing, PARKED]) is PARKED


def test_parked_plate_not_given_to_the_car_in_front_of_it() -> None:
    """The parked car is only remembered while it is hidden; a plate where both could have it is nobody's."""
    hidden = car(1, PARKED.box, seen=False)
    beside = car(2, Box(0.15, 0.42, 0.35, 0.69))
    assert owner(PLATE, [hidden, beside]) is None


@pytest.mark.parametrize(
    "plate",
    [Box(0.18, 0.42, 0.22, 0.44), Box(0.11, 0.6, 0.29, 0.66), Box(0.2, 0.6, 0.205, 0.602)],
    ids=["roof", "wide", "tiny"],
)
def test_what_cannot_be_this_vehicles_plate(plate: Box) -> None:
    """A sign on the roof, a poster along the whole side, a sticker: of the wrong place or size."""
    assert owner(plate, [PARKED]) is None


def test_persons_have_no_plates() -> None:
    """A jacket with a number is no vehicle's."""
    assert owner(PLATE, [car(3, PARKED.box, kind=Kind.PERSON)]) is None


AVERAGE = Reading((Candidate("京A12845", -0.1),), 0.999)


def test_an_average_says_what_no_look_can() -> None:
    """Where single looks are unsure of one text, the surely read average decides, and is never certain by itself."""
    ballot = voted(*[look(("京A12345", -3.0), ("京A12845", -3.1))] * 3, weighs=0.5)
    ballot.add_average(AVERAGE)
    verdict = ballot.verdict()
    assert verdict is not None
    assert verdict.text == "京A12845"
    assert 0.5 < verdict.sure < CERTAIN


def test_an_average_that_differs_takes_from_what_was_voted() -> None:
    """A sure vote and a sure average that differ leave neither sure."""
    ballot = voted(*[CLEAR] * 6)
    ballot.add_average(AVERAGE)
    verdict = ballot.verdict()
    assert verdict is not None
    assert verdict.sure < 0.1


def test_looks_and_an_average_that_agree_are_surer_together() -> None:
    """Neither the doubtful looks nor the doubtful average are sure of what both say."""
    looks = voted(*[look(("京A12345", -3.0), ("京A12845", -5.0))] * 4, weighs=0.5)
    average = Reading((Candidate("京A12345", -2.5), Candidate("京A12845", -4.0)), 0.4)
    alone, together = Ballot(), looks
    alone.add_average(average)
    before, by_itself = looks.verdict(), alone.verdict()
    together.add_average(average)
    after = together.verdict()
    assert before is not None
    assert by_itself is not None
    assert after is not None
    assert after.text == "京A12345"
    assert after.sure > max(before.sure, by_itself.sure)


def test_who_disagrees_is_looked_at_again() -> None:
    """A look agrees until the looks before it, or their average, say another text."""
    ballot = Ballot()
    assert ballot.agrees("京A12345")
    ballot.add(CLEAR, "blue", 1.0)
    assert ballot.agrees("京A12345")
    assert not ballot.agrees("京A12845")
    ballot.add_average(AVERAGE)
    assert not ballot.agrees("京A12345")
