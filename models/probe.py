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
    from onnxruntime import InferenceSession, NodeArg

RUNS = 5
OPEN: tuple[tuple[int, int], ...] = ((416, 416), (544, 320), (320, 544))
"""Widths and heights that a model with open sides is tried with: square, wide and upright, in whole strides of 32."""
WHOLE = "tensor(int64)"


def probe(path: Path) -> dict[str, Any]:
    """Names, shapes and types of inputs and outputs, milliseconds a run, shapes it takes. Raises `ModelError`."""
    try:
        from models.session import RUN_FAULTS, open_session  # noqa: PLC0415 - says what is missing, not that it failed
    except ImportError as wrong:
        raise ModelError(ModelFault.RUNTIME_MISSING, file=str(path)) from wrong
    session = open_session(path.read_bytes(), path.name)
    inputs = [_port(one) for one in session.get_inputs()]
    shapes = OPEN if any(_open(one["shape"]) for one in inputs) else OPEN[:1]
    try:
        answers = session.run(None, _feed(inputs, shapes[0]))
        started = time.perf_counter()
        for _ in range(RUNS):
            session.run(None, _feed(inputs, shapes[0]))
        run_ms = (time.perf_counter() - started) * 1e3 / RUNS
    except RUN_FAULTS as wrong:
        raise ModelError(ModelFault.UNREADABLE, file=path.name, reason=str(wrong).rstrip(".")) from wrong
    outputs = [
        {**_port(one), "shape": list(answer.shape), "largest": float(abs(answer).max(initial=0.0))}
        for one, answer in zip(session.get_outputs(), answers, strict=True)
    ]
    also = [shape for shape in shapes[1:] if _runs(session, inputs, shape, RUN_FAULTS)]
    return {"inputs": inputs, "outputs": outputs, "run_ms": run_ms, "open": len(shapes) > 1, "also": also}


def _runs(
    session: "InferenceSession",
    inputs: list[dict[str, Any]],
    shape: tuple[int, int],
    faults: tuple[type[Exception], ...],
) -> bool:
    try:
        session.run(None, _feed(inputs, shape))
    except faults:
        return False
    return True


def _feed(inputs: list[dict[str, Any]], size: tuple[int, int]) -> dict[str, Any]:
    """Blank pictures; a whole number that is asked for is the picture's size."""
    import numpy as np  # noqa: PLC0415 - who has no onnxruntime may lack it as well

    return {
        one["name"]: np.array([size], np.int64)
        if one["type"] == WHOLE
        else np.zeros(_sides(one["shape"], size), np.float32)
        for one in inputs
    }


def _open(shape: Sequence[int | str | None]) -> bool:
    return len(shape) == 4 and not all(isinstance(side, int) for side in shape[2:])  # noqa: PLR2004 - a picture's sides


def _sides(shape: Sequence[int | str | None], size: tuple[int, int]) -> list[int]:
    """A shape with what is left open filled in: height and width of a picture by `size`, every other side by 1."""
    open_as = [1, 1, size[1], size[0]] if len(shape) == 4 else [1] * len(shape)  # noqa: PLR2004 - a picture's sides
    return [side if isinstance(side, int) else fill for side, fill in zip(shape, open_as, strict=True)]


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
