# SPDX-License-Identifier: Apache-2.0
"""Pictures as they lie on the disk and go to the hub: JPEG there and back."""

import cv2
import numpy as np

from edge.vision.source import Image


def packed(image: Image, quality: int) -> bytes:
    """As JPEG; `quality` 0 to 100."""
    return cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))[1].tobytes()


def unpacked(jpeg: bytes) -> Image:
    """The picture in colour. Raises `ValueError` if these bytes are none."""
    found = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if found is None:
        raise ValueError("not a picture that can be decoded")
    return np.asarray(found, np.uint8)
