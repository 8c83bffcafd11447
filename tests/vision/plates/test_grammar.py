# SPDX-License-Identifier: Apache-2.0

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.vision.plates.examples import examples
from edge.vision.plates.grammar import (
    ALPHABET,
    FORMS,
    LETTERS,
    LONGEST,
    PROVINCES,
    Form,
    PlateKind,
    automaton,
    kinds,
    likely,
    prior,
    valid,
)


def texts(form: Form) -> st.SearchStrategy[str]:
    return st.tuples(*(st.sampled_from(place) for place in form.places)).map("".join)


@pytest.mark.parametrize("form", FORMS, ids=[f"form{place}" for place in range(len(FORMS))])
def test_every_text_of_a_form_is_of_its_kinds(form: Form) -> None:
    """Whatever the alphabets of a form can spell is a plate of that form's kinds."""

    @settings(max_examples=25)
    @given(texts(form))
    def holds(text: str) -> None:
        assert set(form.kinds) <= kinds(text)

    holds()


@pytest.mark.parametrize("form", FORMS, ids=[f"form{place}" for place in range(len(FORMS))])
def test_a_character_too_many_or_too_few_is_another_text(form: Form) -> None:
    """Length is part of a form: a text cut short is a plate only where a shorter form spells it, never a longer one."""
    lengths = {len(one.places) for one in FORMS}

    @settings(max_examples=25)
    @given(texts(form), st.sampled_from(ALPHABET))
    def holds(text: str, more: str) -> None:
        assert not valid(text[:-1]) or len(text) - 1 in lengths
        assert not valid(text + more) or len(text) < LONGEST

    holds()


@given(st.sampled_from(FORMS).flatmap(texts), st.integers(0, LONGEST - 1), st.sampled_from("IOio·皖A? "))
def test_neither_i_nor_o_nor_anything_strange_stands_on_a_plate(text: str, at: int, strange: str) -> None:
    """I and O are not issued, since they would be 1 and 0; and one strange character spoils the text."""
    spoilt = text[:at] + strange + text[at + 1 :]
    if strange in ALPHABET:
        return
    assert not valid(spoilt)


@given(st.text(max_size=9))
def test_a_text_is_valid_just_when_some_form_spells_it(text: str) -> None:
    """The automaton and the plain reading of the forms agree on any text."""
    plain = any(
        len(form.places) == len(text) and all(one in place for one, place in zip(text, form.places, strict=True))
        for form in FORMS
    )
    assert valid(text) == plain


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("京A12345", PlateKind.BLUE),
        ("沪AD12345", PlateKind.GREEN_SMALL),
        ("沪A12345D", PlateKind.GREEN_LARGE),
        ("京A1234警", PlateKind.POLICE),
        ("使224578", PlateKind.EMBASSY),
        ("224578使", PlateKind.EMBASSY),
        ("沪A0023领", PlateKind.CONSULATE),
        ("粤Z1234港", PlateKind.HONG_KONG),
        ("粤ZAB12澳", PlateKind.MACAO),
        ("闽B1234学", PlateKind.LEARNER),
        ("闽B1234挂", PlateKind.TRAILER),
        ("WJ京1234X", PlateKind.ARMED_POLICE),
        ("WJ12345", PlateKind.ARMED_POLICE),
        ("VA12345", PlateKind.MILITARY),
    ],
)
def test_an_example_of_each_kind(text: str, kind: PlateKind) -> None:
    """Each special kind is told by its text alone."""
    assert kind in kinds(text)


@pytest.mark.parametrize(
    "text", ["", "京", "A12345京", "京112345", "京AI2345", "沪AZ12345", "沪A123456", "粤A1234港", "使12345"]
)
def test_what_is_none(text: str) -> None:
    """Near misses: no letter in the second place, a new-energy number without its letter, Hong Kong without a Z."""
    assert not valid(text)


def test_no_province_is_preferred() -> None:
    """After any province the same may follow; only Guangdong leads on to Hong Kong and Macao besides."""
    machine = automaton()
    after = {machine.steps[0][province] for province in PROVINCES if province != "粤"}
    assert len(after) == 1
    assert len({machine.steps[state][letter] for state in after for letter in LETTERS}) == 1


@pytest.mark.parametrize(
    ("colour", "kind"), [("yellow", PlateKind.YELLOW), ("blue", PlateKind.BLUE), ("", PlateKind.BLUE)]
)
def test_colour_is_a_hint(colour: str, kind: PlateKind) -> None:
    """The same text is a car's or a lorry's by its ground; without a colour it is the commonest."""
    assert likely("京A12345", colour) is kind


def test_no_kind_without_a_plate() -> None:
    """A text that is no plate's is of no kind, whatever the colour."""
    assert likely("hello", "blue") is None


def test_examples_are_plates_of_their_kind() -> None:
    """What the reader is trained on is what the grammar allows, and every character occurs."""
    drawn = list(examples(4000, 1))
    assert all(PlateKind(kind) in kinds(text) for kind, text in drawn)
    assert set("".join(text for _, text in drawn)) == set(ALPHABET)


def test_who_begins_without_a_province_is_rare() -> None:
    """A dark province must not make an ordinary plate the army's; no province is less likely than another."""
    assert prior("EN98066") < prior("WJ闽1234A") + 1e-9 < prior("皖N98066")
    assert {prior(f"{province}A12345") for province in PROVINCES} == {0.0}
