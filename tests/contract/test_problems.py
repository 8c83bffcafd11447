# SPDX-License-Identifier: Apache-2.0
"""The catalogues of problems and phrases: every code in every language, every fact where it is named."""

import ast
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest

from edge.contract.phrases import phrase, phrases, preferred_language
from edge.contract.problems import Language, Problem, ProblemError, ProblemWords, catalogue, explain

SHIPPED = ("edge", "firmware_bridge", "kiosk_ui", "models", "provisioning")
ROOT = Path(__file__).parents[2]
ROOMS = sorted(
    file.name.removesuffix(".toml") for file in files("edge.contract").joinpath("catalogue", "phrases").iterdir()
)


def facts(text: str) -> set[str]:
    """The {facts} a text names; a text that is no template raises."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def all_facts(words: ProblemWords) -> set[str]:
    return facts(words.meaning) | facts(words.cause) | facts(words.next)


def raised() -> Iterator[tuple[str, str, set[str] | None]]:
    """Every problem our code names with its code spelt out: place, code, and the facts given (None: not spelt out)."""
    for folder in SHIPPED:
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                    continue
                place = f"{file.relative_to(ROOT)}:{node.lineno}"
                named = {word.arg: word.value for word in node.keywords if word.arg}
                match node.func.id, node.args, named.get("code"):
                    case "ProblemError", [ast.Constant(value=str(code))], _:
                        yield place, code, None if len(named) < len(node.keywords) else set(named)
                    case "Problem", [], ast.Constant(value=str(code)):
                        yield place, code, None
                    case _:
                        pass


@pytest.mark.parametrize("code", catalogue())
def test_both_languages_tell_the_same_facts(code: str) -> None:
    """Whoever reads Chinese is told as much as whoever reads English, and in Chinese."""
    english, chinese = catalogue()[code][Language.EN], catalogue()[code][Language.ZH]
    assert all_facts(english) == all_facts(chinese)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese.meaning)


def test_no_code_is_in_two_rooms() -> None:
    """A code means one thing: a second room with the same code would silently win."""
    told = [
        code
        for room in sorted((ROOT / "edge/contract/catalogue/problems").glob("*.toml"))
        for code in dict.fromkeys(
            line[1:].partition(".")[0] for line in room.read_text("utf-8").splitlines() if line.startswith("[")
        )
    ]
    assert sorted(told) == sorted(catalogue())


def test_every_problem_that_is_raised_is_in_the_catalogue_with_its_facts() -> None:
    """Nobody is told a code without words, or a sentence with a hole in it."""
    wrong = []
    for place, code, given in raised():
        words = catalogue().get(code)
        if words is None:
            wrong.append(f"{place}: {code} is not in the catalogue")
        elif given is not None and (lacking := all_facts(words[Language.EN]) - given):
            wrong.append(f"{place}: {code} is told without {', '.join(sorted(lacking))}")
    assert wrong == []


def test_every_problem_of_the_catalogue_can_happen() -> None:
    """Nobody translates, looks up or waits for a code that no line of ours names any more."""
    source = "".join(file.read_text("utf-8") for folder in SHIPPED for file in (ROOT / folder).rglob("*.py"))
    assert [code for code in catalogue() if f'"{code}"' not in source] == []


def test_a_problem_tells_itself_in_the_language_asked() -> None:
    """Facts are filled in, in each language, and an exception reads as meaning and next step."""
    failed = ProblemError("config-missing", path="/x.toml")
    assert "/x.toml" in explain(failed.problem, Language.ZH).meaning
    assert str(failed).startswith("[config-missing] There is no configuration at /x.toml. Next: ")


def test_a_fact_nobody_gave_shows_its_name() -> None:
    """Half a message beats none: a forgotten fact does not turn a report into a crash."""
    assert "‹path›" in explain(Problem(code="config-missing"), Language.EN).meaning


def test_a_code_outside_the_catalogue_is_a_mistake_of_ours() -> None:
    """An unknown code raises at once; a test above sees to it that it never does in the field."""
    with pytest.raises(KeyError):
        explain(Problem(code="no-such-thing"), Language.EN)


@pytest.mark.parametrize("room", ROOMS)
def test_phrases_agree_between_languages(room: str) -> None:
    """Each phrase is there in every language and names the same facts."""
    english, chinese = phrases(room, Language.EN), phrases(room, Language.ZH)
    assert english.keys() == chinese.keys()
    assert [key for key in english if facts(english[key]) != facts(chinese[key])] == []


def test_a_phrase_is_filled_with_its_facts() -> None:
    """`room.key` names a phrase; facts may have any name, `key` and `language` too."""
    assert phrase("config.required", Language.EN, key="link.root") == "link.root is missing"
    with pytest.raises(KeyError):
        phrase("config.no-such-phrase", Language.EN)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, Language.EN),
        ({"LANG": "zh_CN.UTF-8"}, Language.ZH),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, Language.EN),
        ({"LANG": "C", "LC_ALL": "", "DONGTOU_LANG": "ZH"}, Language.ZH),
        ({"LANG": "zh_CN", "DONGTOU_LANG": "en"}, Language.EN),
    ],
)
def test_a_person_is_told_in_his_language(environment: dict[str, str], language: Language) -> None:
    """DONGTOU_LANG wins over LC_ALL, that over LANG; everything but Chinese is English."""
    assert preferred_language(environment) is language
