# SPDX-License-Identifier: Apache-2.0
"""Port: where frames come from."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""Height × width × 3, blue-green-red, 0 to 255, as OpenCV has it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture and the wall-clock instant it was captured, microseconds since 1970 UTC."""

    at_us: int
    image: Image


class SourceLostError(Exception):
    """The camera or stream stopped giving frames; opening it again may help."""


class FrameSource(Protocol):
    """A camera, a stream, a file or a simulated scene."""

    def read(self) -> Frame | None:
        """Block until the next frame; None when the source has ended for good. Raises `SourceLostError`."""
        ...

    def close(self) -> None:
        """Let go of the device."""
        ...
