# SPDX-License-Identifier: Apache-2.0
"""The one place that opens an ONNX session, so that a model is tried exactly as it will run."""

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
RUN_FAULTS: tuple[type[Exception], ...] = (*FAULTS, ValueError)
"""What running raises besides: a ValueError for an input that is missing or misnamed."""


def open_session(weights: bytes, file: str) -> ort.InferenceSession:
    """A session on one thread that sleeps while it waits. Raises `ModelError` UNREADABLE."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    # Measured: spinning doubles the processor time, and under load the latency as well.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        return ort.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except FAULTS as wrong:
        raise ModelError(ModelFault.UNREADABLE, file=file, reason=str(wrong)) from wrong
