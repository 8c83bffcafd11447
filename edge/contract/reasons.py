# SPDX-License-Identifier: Apache-2.0
"""Reasons inside problems in other languages: the code gives them in English, and people read them in their own."""

import re
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Final

_BETWEEN: Final = ("; ", ", ")
"""Several reasons in one text stand between these."""


def translated(reason: str, language: str) -> str:
    """The reason in a language, as far as its words are known; what is not is left as it is."""
    for pattern, words in _table():
        found = pattern.fullmatch(reason)
        if found is not None:
            return words[language].format(**found.groupdict())
    for between in _BETWEEN:
        if between in reason:
            return between.join(translated(part, language) for part in reason.split(between))
    return reason


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[re.Pattern[str], dict[str, str]], ...]:
    told = files("edge.contract").joinpath("catalogue/phrases/reasons.toml").read_text("utf-8")
    return tuple((_pattern(words["en"]), words) for words in tomllib.loads(told).values())


def _pattern(template: str) -> re.Pattern[str]:
    parts = enumerate(re.split(r"\{(\w+)\}", template))
    return re.compile("".join(f"(?P<{part}>[^;]+)" if number % 2 else re.escape(part) for number, part in parts))
