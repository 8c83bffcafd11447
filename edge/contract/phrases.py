# SPDX-License-Identifier: Apache-2.0
"""What technicians and operators read that is not a problem: one catalogue, every language."""

import tomllib
from functools import lru_cache
from importlib.resources import files

from edge.contract.problems import Language


@lru_cache(maxsize=8)
def _room(name: str) -> dict[str, dict[str, str]]:
    return tomllib.loads(files("edge.contract").joinpath(f"catalogue/phrases/{name}.toml").read_text("utf-8"))


def phrase(key: str, language: Language, /, **facts: object) -> str:
    """The phrase `room.key` in a language, its `{facts}` filled in. Raises `KeyError` for an unknown key."""
    room, _, name = key.partition(".")
    return _room(room)[name][language.value].format(**facts)


def phrases(room: str, language: Language) -> dict[str, str]:
    """All phrases of one room of the catalogue, unfilled, by key."""
    return {key: words[language.value] for key, words in _room(room).items()}


def preferred_language(environment: dict[str, str]) -> Language:
    """Language of a person at a terminal: `DONGTOU_LANG` wins, then the locale; English unless Chinese is asked for."""
    chosen = environment.get("DONGTOU_LANG") or environment.get("LC_ALL") or environment.get("LANG") or ""
    return Language.ZH if chosen.lower().startswith("zh") else Language.EN
