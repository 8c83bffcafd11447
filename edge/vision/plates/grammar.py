# SPDX-License-Identifier: Apache-2.0
"""What can stand on a Chinese number plate (GA 36-2018, GA 36-2014 and their forerunners), as an automaton.

A form is a row of alphabets, one for each character; what is read walks through all forms at once. No province is more
likely than another, and neither I nor O occurs, which are 1 and 0. Forms are wider than what has been issued: of what
a series may contain only the place and the alphabet are held here, so that a rare plate is not read as a common one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

PROVINCES: Final = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
DIGITS: Final = "0123456789"
LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
SPECIAL: Final = "警使领学挂港澳"
ALPHABET: Final = PROVINCES + LETTERS + DIGITS + SPECIAL
"""Every character of every plate, in the order in which our own reader knows them."""
LONGEST: Final = 8
_EITHER: Final = DIGITS + LETTERS
_POWER: Final = "ABCDEFGHJK"
"""The first letter of a new-energy number: A to E run on electricity alone, F to K do not."""
_ARMY: Final = "ABCEGHJKLMNSTVYZ"
"""First letters of the services and theatres, of the series of 2004, 2012 and later."""


class PlateKind(StrEnum):
    """What a plate is. Several kinds share one form: colour and size tell them apart, not the text."""

    BLUE = "blue"  # 小型汽车
    YELLOW = "yellow"  # 大型汽车, one line in front and two at the rear
    MOTORCYCLE = "motorcycle"  # 摩托车, two lines
    GREEN_SMALL = "green-small"  # 小型新能源汽车
    GREEN_LARGE = "green-large"  # 大型新能源汽车
    POLICE = "police"  # 警
    EMBASSY = "embassy"  # 使
    CONSULATE = "consulate"  # 领
    HONG_KONG = "hong-kong"  # 粤Z…港
    MACAO = "macao"  # 粤Z…澳
    LEARNER = "learner"  # 学
    TRAILER = "trailer"  # 挂
    ARMED_POLICE = "armed-police"  # 武警
    MILITARY = "military"  # 军队


@dataclass(frozen=True, slots=True)
class Form:
    """One way in which the text of some kinds is built: the alphabet of each place."""

    kinds: tuple[PlateKind, ...]
    places: tuple[str, ...]


FORMS: Final = (
    Form((PlateKind.BLUE, PlateKind.YELLOW, PlateKind.MOTORCYCLE), (PROVINCES, LETTERS, *[_EITHER] * 5)),
    Form((PlateKind.GREEN_SMALL,), (PROVINCES, LETTERS, _POWER, _EITHER, *[DIGITS] * 4)),
    Form((PlateKind.GREEN_LARGE,), (PROVINCES, LETTERS, *[DIGITS] * 5, _POWER)),
    Form((PlateKind.POLICE,), (PROVINCES, LETTERS, *[_EITHER] * 4, "警")),
    Form((PlateKind.EMBASSY,), ("使", *[DIGITS] * 6)),
    Form((PlateKind.EMBASSY,), (*[DIGITS] * 6, "使")),
    Form((PlateKind.CONSULATE,), (PROVINCES, LETTERS, *[DIGITS] * 4, "领")),
    Form((PlateKind.HONG_KONG,), ("粤", "Z", *[_EITHER] * 4, "港")),
    Form((PlateKind.MACAO,), ("粤", "Z", *[_EITHER] * 4, "澳")),
    Form((PlateKind.LEARNER,), (PROVINCES, LETTERS, *[_EITHER] * 4, "学")),
    Form((PlateKind.TRAILER,), (PROVINCES, LETTERS, *[_EITHER] * 4, "挂")),
    Form((PlateKind.ARMED_POLICE,), ("W", "J", PROVINCES, *[DIGITS] * 4, _EITHER)),
    Form((PlateKind.ARMED_POLICE,), ("W", "J", *[DIGITS] * 4, _EITHER)),
    Form((PlateKind.MILITARY,), (_ARMY, LETTERS, *[DIGITS] * 5)),
)

COLOURS: Final[dict[PlateKind, frozenset[str]]] = {
    PlateKind.BLUE: frozenset({"blue"}),
    PlateKind.YELLOW: frozenset({"yellow"}),
    PlateKind.MOTORCYCLE: frozenset({"yellow", "blue", "white", "black"}),
    PlateKind.GREEN_SMALL: frozenset({"green"}),
    PlateKind.GREEN_LARGE: frozenset({"green", "yellow"}),
    PlateKind.POLICE: frozenset({"white"}),
    PlateKind.EMBASSY: frozenset({"black"}),
    PlateKind.CONSULATE: frozenset({"black"}),
    PlateKind.HONG_KONG: frozenset({"black"}),
    PlateKind.MACAO: frozenset({"black"}),
    PlateKind.LEARNER: frozenset({"yellow"}),
    PlateKind.TRAILER: frozenset({"yellow"}),
    PlateKind.ARMED_POLICE: frozenset({"white"}),
    PlateKind.MILITARY: frozenset({"white"}),
}
"""The ground of each kind: a hint only, for under lamps and infrared light colours lie."""


RARE: Final = frozenset({PlateKind.ARMED_POLICE, PlateKind.MILITARY})
RARITY: Final = -3.0
"""Logarithm of how often plates of these kinds are met beside others: they alone begin without a province, so that one
that is hidden or dark would make an ordinary plate theirs. Provinces are all alike."""


@dataclass(frozen=True, slots=True)
class Automaton:
    """States by number; 0 is the start. `steps` leads on from each, `accepts` names the forms complete there."""

    steps: tuple[dict[str, int], ...]
    accepts: tuple[tuple[int, ...], ...]


@cache
def automaton() -> Automaton:
    """All forms at once: a state is a place in the text and the forms that are still possible."""
    start = (0, tuple(range(len(FORMS))))
    numbers = {start: 0}
    queue = [start]
    steps: list[dict[str, int]] = []
    accepts: list[tuple[int, ...]] = []
    for place, alive in queue:
        accepts.append(tuple(form for form in alive if len(FORMS[form].places) == place))
        onward: dict[str, int] = {}
        for character in ALPHABET:
            left = tuple(f for f in alive if len(FORMS[f].places) > place and character in FORMS[f].places[place])
            if not left:
                continue
            after = (place + 1, left)
            if after not in numbers:
                numbers[after] = len(numbers)
                queue.append(after)
            onward[character] = numbers[after]
        steps.append(onward)
    return Automaton(tuple(steps), tuple(accepts))


def forms(text: str) -> Iterator[Form]:
    """The forms that a text has."""
    machine = automaton()
    state = 0
    for character in text:
        following = machine.steps[state].get(character)
        if following is None:
            return
        state = following
    yield from (FORMS[form] for form in machine.accepts[state])


def kinds(text: str) -> frozenset[PlateKind]:
    """The kinds of plate on which this text can stand; none if it is no plate's."""
    return frozenset(kind for form in forms(text) for kind in form.kinds)


def prior(text: str) -> float:
    """What is known of a text before it is seen, as a logarithm."""
    return RARITY if kinds(text) <= RARE else 0.0


def valid(text: str) -> bool:
    """Whether a text can stand on a plate."""
    return any(True for _ in forms(text))


def likely(text: str, colour: str) -> PlateKind | None:
    """The one kind that a text is on a ground of this colour; without a fitting colour the commonest kind wins."""
    possible = kinds(text)
    fitting = [kind for kind in PlateKind if kind in possible and colour in COLOURS[kind]]
    return next(iter(fitting), next((kind for kind in PlateKind if kind in possible), None))
