# SPDX-License-Identifier: Apache-2.0
"""One catalogue of all that can go wrong: logs, hub results, checks, screens and docs take their words from it."""

import tomllib
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from edge.contract.reasons import translated

ProblemCode = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]

_TOLD = ("reason", "where", "rules")
"""Facts that are English words, where others are names and numbers."""


class Language(StrEnum):
    """Languages of the catalogue."""

    EN = "en"
    ZH = "zh"


class Problem(BaseModel):
    """One thing that went wrong: a code of the catalogue, and the facts of this instance."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: ProblemCode
    detail: dict[str, JsonValue] = Field(default_factory=dict)


class ProblemWords(BaseModel):
    """What one language says of a problem. `{name}` in the text stands for `detail[name]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    meaning: str
    cause: str
    next: str


class ProblemError(Exception):
    """An expected failure on its way to somebody who can act on it."""

    def __init__(self, code: str, /, **detail: JsonValue) -> None:
        """Raise with a code of the catalogue and the facts that its text names."""
        super().__init__(code, detail)
        self.problem = Problem(code=code, detail=detail)

    def __str__(self) -> str:
        """Say the meaning and the next step in English, for logs and tracebacks."""
        return in_words(self.problem)


def in_words(problem: Problem) -> str:
    """A problem in one line of a log, in English: what, and the next step."""
    words = explain(problem, Language.EN)
    return f"[{problem.code}] {words.meaning} Next: {words.next}"


@lru_cache(maxsize=1)
def catalogue() -> dict[str, dict[Language, ProblemWords]]:
    """Every problem by code, in every language."""
    return {
        code: {language: ProblemWords.model_validate(entry[language.value]) for language in Language}
        for room in _rooms("problems")
        for code, entry in room.items()
    }


def explain(problem: Problem, language: Language) -> ProblemWords:
    """The problem in words with its facts filled in. Raises `KeyError` for a code outside the catalogue."""
    words = catalogue()[problem.code][language]
    facts = _Facts(problem.detail)
    if language is not Language.EN:
        told = {key: value for key in _TOLD if isinstance(value := problem.detail.get(key), str)}
        facts.update((key, translated(value, language.value)) for key, value in told.items())
    return ProblemWords(
        meaning=words.meaning.format_map(facts), cause=words.cause.format_map(facts), next=words.next.format_map(facts)
    )


def _rooms(shelf: str) -> Iterator[dict[str, Any]]:
    for file in sorted(files("edge.contract").joinpath("catalogue", shelf).iterdir(), key=lambda file: file.name):
        yield tomllib.loads(file.read_text("utf-8"))


class _Facts(dict[str, JsonValue]):
    """A fact nobody gave shows as its name, since half a message beats none."""

    def __missing__(self, key: str) -> str:
        return f"‹{key}›"
