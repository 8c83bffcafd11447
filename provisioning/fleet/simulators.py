# SPDX-License-Identifier: Apache-2.0
"""The processes that simulate: started, told what to do, and listened to on threads that feed one queue."""

import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pydantic import ValidationError

from edge.contract.problems import Problem, ProblemError
from edge.fleet.words import LINE, Beat, Begin, Finished, Orders, Words

_LEAVE_WITHIN_S: Final = 20.0

Told = tuple[int, Beat | Finished | None]
"""Which process, and what it told; None once it has left."""


class Simulators:
    """All of one run. Whatever happens inside the context, none is left."""

    def __init__(self, orders: Sequence[Orders]) -> None:
        """One process for each of the orders."""
        self._orders = orders
        self._processes: list[subprocess.Popen[str]] = []
        self._threads: list[threading.Thread] = []
        self.told: queue.SimpleQueue[Told] = queue.SimpleQueue()

    @property
    def pids(self) -> list[int]:
        """Process ids."""
        return [process.pid for process in self._processes]

    def __enter__(self) -> Self:
        """Started, and on their way to bring their devices online."""
        for place, orders in enumerate(self._orders):
            with self._log(place).open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "edge.fleet.simulator"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    start_new_session=True,  # Ctrl-C reaches us alone; closing their stdin ends them in order
                )
            self._processes.append(process)
            thread = threading.Thread(target=self._hear, args=(place, process), daemon=True)
            self._threads.append(thread)
            thread.start()
            self._say(process, orders)
        return self

    def begin(self, at_s: float) -> None:
        """Let events and outages begin."""
        for process in self._processes:
            self._say(process, Begin(at=at_s))

    def complaint(self, place: int) -> ProblemError:
        """Why a process left before it had finished."""
        process = self._processes[place]
        last = (self._log(place).read_text("utf-8").strip().splitlines() or ["no word"])[-1]
        try:
            problem = Problem.model_validate_json(last)
        except ValidationError:
            return ProblemError(
                "fleet-simulator-ended", exit_code=process.wait(_LEAVE_WITHIN_S), reason=last, log=str(self._log(place))
            )
        return ProblemError(problem.code, **problem.detail)

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Asked to leave, and made to."""
        for process in self._processes:
            if process.stdin:
                _close_quietly(process)
        for process in self._processes:
            try:
                process.wait(_LEAVE_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for thread in self._threads:
            thread.join()

    def _log(self, place: int) -> Path:
        folder = self._orders[place].folder
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"simulator-{place + 1}.log"

    def _hear(self, place: int, process: "subprocess.Popen[str]") -> None:
        assert process.stdout  # noqa: S101  (asked for)
        with process.stdout as lines:
            for line in lines:
                self.told.put((place, LINE.validate_json(line)))
        self.told.put((place, None))

    def _say(self, process: "subprocess.Popen[str]", words: Words) -> None:
        assert process.stdin  # noqa: S101  (asked for)
        try:
            process.stdin.write(f"{words.model_dump_json()}\n")
            process.stdin.flush()
        except BrokenPipeError:
            return  # it has left, and the queue says so


def _close_quietly(process: "subprocess.Popen[str]") -> None:
    try:
        if process.stdin:
            process.stdin.close()
    except BrokenPipeError:
        return
