# SPDX-License-Identifier: Apache-2.0
"""Tries a model in a process of its own and says as JSON what it takes and gives: `python -m models.probe FILE`.

Apart, because a broken file may crash native code, and because who adds a model need not load onnxruntime.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import ModelError, ModelFault

if TYPE_CHECKING:
    from onnxruntime import NodeArg

RUNS = 5


def probe(path: Path) -> dict[str, Any]:
    """Names, shapes and types of inputs and outputs, milliseconds a run. Raises `ModelError`."""
    try:
        import numpy as np  # noqa: PLC0415 - says what is missing instead of failing to start

        from models.session import RUN_FAULTS, open_session  # noqa: PLC0415 - the same
    except ImportError as wrong:
        raise ModelError(ModelFault.RUNTIME_MISSING, file=str(path)) from wrong
    session = open_session(path.read_bytes(), path.name)
    inputs = [_port(one) for one in session.get_inputs()]
    feed = {one["name"]: np.zeros(_sides(one["shape"]), np.float32) for one in inputs}
    try:
        answers = session.run(None, feed)
        started = time.perf_counter()
        for _ in range(RUNS):
            session.run(None, feed)
        run_ms: float | None = (time.perf_counter() - started) * 1e3 / RUNS
    except RUN_FAULTS as wrong:
        raise ModelError(ModelFault.UNREADABLE, file=path.name, reason=str(wrong)) from wrong
    outputs = [
        {**_port(one), "shape": list(answer.shape), "largest": float(np.abs(answer).max(initial=0.0))}
        for one, answer in zip(session.get_outputs(), answers, strict=True)
    ]
    return {"inputs": inputs, "outputs": outputs, "run_ms": run_ms}


def _sides(shape: Sequence[int | str | None]) -> list[int]:
    """A shape with every side that is left open taken as 1."""
    return [side if isinstance(side, int) else 1 for side in shape]


def _port(port: "NodeArg") -> dict[str, Any]:
    return {"name": port.name, "shape": list(port.shape), "type": port.type}


def main() -> int:
    """Print the answer, or the fault and its facts."""
    try:
        answer = probe(Path(sys.argv[1]))
    except ModelError as wrong:
        answer = {"fault": wrong.fault.value, "facts": wrong.facts}
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
