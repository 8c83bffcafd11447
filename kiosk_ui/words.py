# SPDX-License-Identifier: Apache-2.0
"""What citizens read, from `text/`: one file per language, each with every sentence."""

import tomllib
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from edge.contract.problems import Language


class Message(BaseModel):
    """One screen's words: what is so, what it means for the reader, and what to do next."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    body: str
    next: str = ""


class Words(BaseModel):
    """All words of one language. A sentence that is missing or unknown fails when the file is read, not on a screen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    date: str
    weekdays: tuple[str, str, str, str, str, str, str]
    terminal: str
    starting: Message
    in_service: Message
    in_service_offline: Message
    out_of_service: Message


def words_in(language: Language) -> Words:
    """The words of a language."""
    return Words.model_validate(
        tomllib.loads(files("kiosk_ui").joinpath(f"text/{language.value}.toml").read_text("utf-8"))
    )
