# SPDX-License-Identifier: Apache-2.0
"""The only printer: data to stdout, talk to stderr, both in the terminal's language; plain where nobody looks."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from edge.contract.phrases import phrase, phrases, preferred_language
from edge.contract.problems import Problem, explain


class Terminal:
    """One run's conversation with a person or a program."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """Speak the language that `environment` asks for; colour and width are left to rich, which honours NO_COLOR."""
        self.language = preferred_language(dict(os.environ if environment is None else environment))
        self._talk = Console(stderr=True, highlight=False, soft_wrap=True)
        self._data = Console(highlight=False, soft_wrap=True)
        self._began_s = time.monotonic()

    def words(self, key: str, **facts: object) -> str:
        """A phrase of the catalogue in the terminal's language."""
        return phrase(key, self.language, **facts)

    def all_words(self, room: str) -> dict[str, str]:
        """Every phrase of a room of the catalogue, unfilled."""
        return phrases(room, self.language)

    def say(self, key: str, **facts: object) -> None:
        """Talk: a phrase on a line of its own."""
        self._talk.print(escape(self.words(key, **facts)))

    def tell(self, key: str, **facts: object) -> None:
        """Talk: something that has just happened, with the seconds since the beginning."""
        passed = f"{time.monotonic() - self._began_s:6.1f} s"
        self._talk.print(f"[dim]{passed}[/]  {escape(self.words(key, **facts))}")

    def problem(self, problem: Problem) -> None:
        """Talk: what went wrong, why, and what to do."""
        words = explain(problem, self.language)
        self._talk.print(f"[red]{escape(words.meaning)}[/]\n  {escape(words.cause)}")
        self._talk.print(f"  → {escape(words.next)}  [dim]{escape(f'[{problem.code}]')}[/]")

    @property
    def looked_at(self) -> bool:
        """Whether talk goes to a terminal, where it can be drawn over."""
        return self._talk.is_terminal

    def live(self) -> Live:
        """Talk: a picture that is drawn again and again below what is said meanwhile, and goes away at the end."""
        return Live(console=self._talk, auto_refresh=False, transient=True)

    @contextmanager
    def bar(self, key: str, total: int) -> Iterator[Callable[[int], None]]:
        """Talk: how much of `total` is done, drawn where somebody looks. Gives what is told how much that is."""
        parts = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Progress(*parts, console=self._talk, transient=True, disable=not self._talk.is_terminal) as drawn:
            task = drawn.add_task(self.words(key), total=total)
            yield lambda done: drawn.update(task, completed=done)

    def figures(self, rows: Iterable[tuple[str, str]], *, good: bool) -> None:
        """Data: names and values, one pair a line."""
        table = Table.grid(padding=(0, 3))
        table.add_column()
        table.add_column(justify="right", style="bold green" if good else "bold red")
        for name, value in rows:
            table.add_row(escape(name), escape(value))
        self._data.print(table)

    def data(self, line: str) -> None:
        """Data: one line exactly as it is."""
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
