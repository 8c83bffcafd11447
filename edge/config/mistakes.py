# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a configuration, all of it at once, each with its place and a way out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from edge.config.origin import PACKAGE_DEFAULTS, KeyPath, Origin, dotted
from edge.config.shown import shown
from edge.contract.phrases import phrase
from edge.contract.problems import Language, ProblemError

_PHRASES = {
    "missing": "required",
    "extra_forbidden": "unknown",
    "string_type": "text",
    "int_type": "whole",
    "int_parsing": "whole",
    "int_from_float": "whole",
    "float_type": "number",
    "float_parsing": "number",
    "bool_type": "truth",
    "bool_parsing": "truth",
    "list_type": "list",
    "tuple_type": "list",
    "dict_type": "table",
    "model_type": "table",
    "model_attributes_type": "table",
    "path_type": "file-name",
    "datetime_type": "instant",
    "datetime_parsing": "instant",
    "time_type": "instant",
    "time_parsing": "instant",
    "greater_than_equal": "at-least",
    "greater_than": "more-than",
    "less_than_equal": "at-most",
    "less_than": "less-than",
    "literal_error": "one-of",
    "enum": "one-of",
    "string_pattern_mismatch": "pattern",
    "string_too_short": "longer",
    "string_too_long": "shorter",
    "too_short": "more-entries",
    "too_long": "fewer-entries",
    "twice": "twice",
    "idle": "idle",
    "corner-twice": "corner-twice",
    "outline-crosses": "outline-crosses",
    "zone-small": "zone-small",
    "day-twice": "day-twice",
    "grace-over-limit": "grace-over-limit",
    "plate-pattern": "plate-pattern",
    "plate-any": "plate-any",
    "ground-flat": "ground-flat",
    "ground-exchanged": "ground-exchanged",
    "ground-off": "ground-off",
    "beyond-horizon": "beyond-horizon",
    "direction-short": "direction-short",
    "line-point": "line-point",
    "line-along": "line-along",
    "inside-on-line": "inside-on-line",
    "area-size": "area-size",
    "site-bare": "site-bare",
    "no-zone": "no-zone",
    "zone-empty": "zone-empty",
    "rising": "rising",
    "falling": "falling",
}
"""Pydantic's kinds of error as phrases of the catalogue; a kind that is not here speaks for itself."""


WITHIN, FOUND = "within", "found"
"""What a model's own rule may say in a `PydanticCustomError`: the path below its table, and the value there."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to correct: where, what is expected there, and what was found."""

    path: KeyPath
    origin: Origin
    expected: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    found: str | None = None
    nearest: str | None = None

    def words(self, language: Language) -> str:
        """One line for the person who has to correct it."""
        return f"{self.origin}: {self.expectation(language)}"

    def expectation(self, language: Language) -> str:
        """The line without its place."""
        said = self._rule(language)
        if self.found is not None:
            said += phrase("config.found", language, found=self.found)
        if self.nearest is not None:
            said += phrase("config.nearest", language, nearest=self.nearest)
        return said

    def record(self, language: Language) -> dict[str, JsonValue]:
        """The same for programs."""
        return {
            "file": str(self.origin.file) if self.origin.file else None,
            "line": self.origin.line,
            "variable": self.origin.variable,
            "key": dotted(self.path),
            "expected": self._rule(language),
            "found": self.found,
            "nearest": self.nearest,
            "says": self.expectation(language),
        }

    def _rule(self, language: Language) -> str:
        facts = dict(self.facts)
        if language is Language.ZH and "expected" in facts:
            # Pydantic lists what may stand there in English.
            facts["expected"] = str(facts["expected"]).replace(" or ", " 或 ")
        return phrase(f"config.{self.expected}", language, key=dotted(self.path), **facts)


def mistakes_in(
    wrong: ValidationError, model: type[BaseModel], origins: Mapping[KeyPath, Origin], at: KeyPath = ()
) -> list[Mistake]:
    """Pydantic's findings as mistakes; `at` is where the validated table stands in the whole configuration."""
    found = [_mistake(error, model, origins, at) for error in wrong.errors(include_url=False)]
    return _once(found)


def config_invalid(mistakes: Iterable[Mistake], language: Language) -> ProblemError:
    """The problem that tells all of them."""
    told = list(mistakes)
    listing = "\n".join(f"  {mistake.words(language)}" for mistake in told)
    records: list[JsonValue] = [mistake.record(language) for mistake in told]
    return ProblemError("config-invalid", count=len(told), listing=listing, mistakes=records)


def origin_of(path: KeyPath, origins: Mapping[KeyPath, Origin]) -> Origin:
    """Where a value was written, or else the innermost table around it that was."""
    for length in range(len(path), -1, -1):
        if path[:length] in origins:
            return origins[path[:length]]
    return Origin()


def closest(word: object, names: Iterable[str]) -> str | None:
    """The name that was probably meant, if one is near enough."""
    close = get_close_matches(str(word), list(names), n=1)
    return close[0] if close else None


def _mistake(error: ErrorDetails, model: type[BaseModel], origins: Mapping[KeyPath, Origin], at: KeyPath) -> Mistake:
    facts = dict(error.get("ctx", {}))
    kind, path = error["type"], (*at, *error["loc"], *facts.pop(WITHIN, ()))
    origin = origin_of(path, origins)
    if kind == "missing":
        # The package cannot lack what only this device can say.
        here = origins.get((), origin) if origin == PACKAGE_DEFAULTS else origin
        return Mistake(path, here, "tables" if _holds_tables(model, error["loc"]) else "required")
    if kind == "extra_forbidden":
        names = sorted(_names(model, error["loc"][:-1]))
        nearest = closest(error["loc"][-1], names)
        expected = "misspelt" if nearest else "unknown"
        # What was found is not shown: a misspelt key may hold what should have been a file, such as a password.
        return Mistake(path, origin, expected, {"names": ", ".join(names)}, nearest=nearest)
    # A model's own words come as the exception it raised; pydantic's would put "Value error, " before them.
    facts["message"] = str(facts.pop("error", error["msg"]))
    expected = _PHRASES.get(kind, "other")
    value = facts.pop(FOUND, error["input"])
    nearest = closest(value, _choices(facts)) if expected == "one-of" else None
    # A rule of ours speaks of a whole table or list; showing it all says nothing more.
    found = None if expected in {"other", kind} and isinstance(value, Mapping | list) else shown(value)
    return Mistake(path, origin, expected, facts, found, nearest)


def _once(mistakes: list[Mistake]) -> list[Mistake]:
    """A wrong line of a template is told once, and a list is not called short for the wrong entries in it."""
    seen: set[tuple[object, ...]] = set()
    kept = []
    for mistake in mistakes:
        if mistake.expected == "more-entries" and any(_inside(other.path, mistake.path) for other in mistakes):
            continue
        sign = (mistake.origin, mistake.expected, mistake.path[-1:], mistake.found)
        if mistake.expected == "required" or sign not in seen:
            kept.append(mistake)
        seen.add(sign)
    return kept


def _inside(path: KeyPath, table: KeyPath) -> bool:
    return path != table and path[: len(table)] == table


def _choices(facts: Mapping[str, Any]) -> list[str]:
    return [word.strip("'") for word in str(facts.get("expected", "")).replace(" or ", ", ").split(", ")]


def _names(model: type[BaseModel], path: tuple[str | int, ...]) -> set[str]:
    """The keys that are known in the table at `path`."""
    return {each.alias or name for inner in _models_at(model, path) for name, each in inner.model_fields.items()}


def _holds_tables(model: type[BaseModel], path: tuple[str | int, ...]) -> bool:
    """Whether a list of tables stands at `path`, as [[link.brokers]] does."""
    kinds = [_annotation(each, path[-1]) for each in _models_at(model, path[:-1])]
    return any(get_origin(kind) in (list, tuple) and _models_in(kind) for kind in kinds)


def _models_at(model: type[BaseModel], path: tuple[str | int, ...]) -> list[type[BaseModel]]:
    models = [model]
    for step in path:
        models = [inner for each in models for inner in _models_in(_annotation(each, step))] or models
    return models


def _annotation(model: type[BaseModel], step: str | int) -> object:
    return model.model_fields[step].annotation if isinstance(step, str) and step in model.model_fields else None


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models_in(inner)]
