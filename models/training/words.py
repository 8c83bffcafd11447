# SPDX-License-Identifier: Apache-2.0
"""What the detector knows, and how large a picture it looks at."""

from typing import Final

CLASSES: Final = ("car", "van", "bus", "truck", "two-wheeler", "person")
VEHICLES: Final = ("car", "van", "bus", "truck")
SIDE: Final = 416
STRIDES: Final = (8, 16, 32)
CELLS: Final = sum((SIDE // stride) ** 2 for stride in STRIDES)
"""Places the network answers for: 52 x 52, 26 x 26 and 13 x 13."""
PAD: Final = 114

OF_LABELS: Final = (0, 1, 2, 3, 4, 4, 5)
"""Our class of each class number of the street labels: car van bus truck motorcycle bicycle person."""
OF_TEACHER: Final = ((2,), (), (5,), (7,), (1, 3), (0,))
"""For each of ours the COCO classes that the teacher has for it; it knows no vans."""
