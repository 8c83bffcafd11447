# SPDX-License-Identifier: Apache-2.0
"""The one place that opens an ONNX session, so that a model is tried exactly as it will run."""

import hashlib
import tempfile
from pathlib import Path

import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as faults

from models.errors import ModelError, ModelFault

FAULTS: tuple[type[Exception], ...] = (
    faults.Fail,
    faults.InvalidArgument,
    faults.InvalidGraph,
    faults.InvalidProtobuf,
    faults.NotImplemented,
    faults.RuntimeException,
)
"""onnxruntime's errors have no common root."""
SAVE_FAULTS: tuple[type[Exception], ...] = (*FAULTS, OSError)
"""What writing a session down raises."""
RUN_FAULTS: tuple[type[Exception], ...] = (*FAULTS, ValueError)
"""What running raises besides: a ValueError for an input that is missing or misnamed."""

_PROVIDERS = ["CPUExecutionProvider"]

_OPENED: dict[str, ort.InferenceSession] = {}
"""By the SHA-256 of their weights: those themselves would be megabytes that nobody needs any more."""


def open_session(weights: bytes, file: str) -> ort.InferenceSession:
    """A session on one thread that sleeps while it waits; one for each model. Raises `ModelError` UNREADABLE.

    It has no thread of its own, so processes forked after it was opened may each run it, and share what it holds.
    """
    digest = hashlib.sha256(weights).hexdigest()
    if digest not in _OPENED:
        try:
            _OPENED[digest] = _opened(weights)
        except FAULTS as wrong:
            raise ModelError(ModelFault.UNREADABLE, file=file, reason=str(wrong)) from wrong
    return _OPENED[digest]


def _opened(weights: bytes) -> ort.InferenceSession:
    """From the model as onnxruntime has optimised it for this processor, in its own format; as it was if that fails.

    Measured with YOLOX-nano: a session opened from it holds 6 MiB instead of 17, and 3 less when it read a file, since
    it keeps bytes that were handed to it.
    """
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = optimised = str(Path(folder) / "model.ort")
        try:
            ort.InferenceSession(weights, options, providers=_PROVIDERS)
            return ort.InferenceSession(optimised, _options(), providers=_PROVIDERS)
        except SAVE_FAULTS:
            return ort.InferenceSession(weights, _options(), providers=_PROVIDERS)


def _options() -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    # Measured: spinning doubles the processor time, and under load the latency as well.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Its own store keeps the most that was ever needed: 13 MiB for each camera, for a tenth of the time.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return options
