# SPDX-License-Identifier: Apache-2.0
"""A model's manifest: all that is needed to feed it a picture and to read its answer, in one TOML file beside it."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.errors import ModelError, ModelFault

Name = Annotated[str, Field(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$", max_length=64)]
Three = tuple[float, float, float]
Fraction = Annotated[float, Field(ge=0, le=1)]


class Part(BaseModel):
    """A table of the manifest: frozen, and closed so that a misspelt key is found."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Letterbox(Part):
    """The picture keeps its shape; what is left of the input is filled with `pad` (0 to 255)."""

    how: Literal["letterbox"] = "letterbox"
    pad: int = Field(default=114, ge=0, le=255)
    anchor: Literal["corner", "centre"] = "corner"


class Stretch(Part):
    """The picture is stretched to the input."""

    how: Literal["stretch"] = "stretch"


Fit = Annotated[Letterbox | Stretch, Field(discriminator="how")]


Side = Annotated[int, Field(ge=16, le=4096)]
Shape = tuple[Side, Side]
"""Width and height."""


class Input(Part):
    """The one input, [1, 3, height, width] of float32: (pixel × scale − mean) / std, channel by channel.

    `shapes` are others that the model takes as well, each width and height; a picture goes into the one that is nearest
    to its own shape, so that less of the input is filling.
    """

    name: str = Field(min_length=1)
    width: Side
    height: Side
    shapes: tuple[Shape, ...] = ()
    channels: Literal["bgr", "rgb"] = "bgr"
    scale: float = Field(default=1.0, gt=0)
    mean: Three = (0.0, 0.0, 0.0)
    std: Three = (1.0, 1.0, 1.0)
    fit: Fit = Letterbox()

    @property
    def all_shapes(self) -> tuple[Shape, ...]:
        """Every width and height that the model takes, its own first."""
        return tuple(dict.fromkeys(((self.width, self.height), *self.shapes)))

    def shape_for(self, width: int, height: int) -> Shape:
        """The shape for a picture of that size: the one that it fills best."""

        def filled(shape: Shape) -> float:
            scale = min(shape[0] / width, shape[1] / height)
            return scale * width * scale * height / (shape[0] * shape[1])

        return max(self.all_shapes, key=filled)


class Yolox(Part):
    """[1, N, 5 + C]: offset in the cell, log of the size, objectness, class scores; N runs through `strides`.

    `decoded` says that the export did the arithmetic: centre and size in pixels of the input, then the same scores.
    """

    layout: Literal["yolox"] = "yolox"
    strides: tuple[int, ...] = Field(default=(8, 16, 32), min_length=1)
    decoded: bool = False


class Yolov8(Part):
    """[1, 4 + C, N]: centre and size in pixels of the input, then class scores; there is no objectness."""

    layout: Literal["yolov8"] = "yolov8"


class End2end(Part):
    """[1, N, 6]: left, top, right, bottom in pixels of the input, score, class; the export has chosen already."""

    layout: Literal["end2end"] = "end2end"
    finds: int = Field(default=300, ge=1, le=10_000)


class Nanodet(Part):
    """[1, N, C + 4 × (bins)]: class scores, then for each side of the box how likely each distance from the cell is.

    Distances are 0, 1, … `bins` − 1 strides (generalised focal loss, Li and others 2020). Cells are counted up to the
    edge; their middle is `middle` strides in: 0.5 for NanoDet, 0 for NanoDet-Plus.
    """

    layout: Literal["nanodet"] = "nanodet"
    strides: tuple[int, ...] = Field(default=(8, 16, 32, 64), min_length=1)
    bins: int = Field(default=8, ge=2, le=64)
    middle: float = Field(default=0.0, ge=0, le=0.5)


class Fastestdet(Part):
    """[1, 5 + C, rows, columns]: objectness, middle (tanh) and size (logistic) of the box, then class scores."""

    layout: Literal["fastestdet"] = "fastestdet"
    stride: int = Field(default=16, ge=4, le=64)


class Detr(Part):
    """RT-DETR and D-FINE: `queries` boxes, each with its class.

    As they leave the network: logits [1, N, C] and boxes [1, N, 4], centre and size as parts of the input. `chosen`
    says that the export has picked labels [1, N], boxes [1, N, 4] as corners in pixels, and scores [1, N]; such a model
    asks for the picture's size in a second input, which is `sizes_input`.
    """

    layout: Literal["detr"] = "detr"
    queries: int = Field(default=300, ge=1, le=10_000)
    chosen: bool = False
    sizes_input: str | None = None


class Y5fu(Part):
    """[1, N, 15] in pixels of the input: centre and size, score, four corners clockwise from the top left, classes."""

    layout: Literal["y5fu"] = "y5fu"


class Ctc(Part):
    """[1, T, 1 + C]: for each column of the picture how likely nothing new (class 0) or each of `characters` begins."""

    layout: Literal["ctc"] = "ctc"
    columns: int = Field(ge=4, le=512)
    characters: str = Field(min_length=1)


class Outlined(Part):
    """[N]: how sure it is, 0 to 1, that something stands inside each of N outlines, cut out as `models.outlines` says.

    Its input is [N, 4, height, width]; `scale`, `mean` and `std` are not used, since each cut is freed of its own.
    """

    layout: Literal["outlined"] = "outlined"


Decoding = Annotated[
    Yolox | Yolov8 | End2end | Nanodet | Fastestdet | Detr,
    Field(discriminator="layout"),
]
"""How the answer is laid out. A new layout is one more member here and one more case in the detector's decoding."""
Layout = Annotated[
    Yolox | Yolov8 | End2end | Nanodet | Fastestdet | Detr | Y5fu | Ctc | Outlined,
    Field(discriminator="layout"),
]
"""The same, and those of models that find and read number plates, or judge outlines."""


class Thresholds(Part):
    """What is believed (`score`), and from which overlap on two boxes are one object (`nms_iou`)."""

    score: Fraction
    nms_iou: Fraction = 0.45


class Manifest(Part):
    """One model. `classes` are named by index; `kinds` says what each means to us; what it leaves out is ignored."""

    name: Name
    version: str = Field(min_length=1)
    task: Literal["detect", "classify", "read"]
    input: Input
    decoding: Layout
    classes: tuple[str, ...] = Field(min_length=1)
    kinds: dict[str, str]
    thresholds: Thresholds
    licence: str = Field(min_length=1)
    source: str = Field(min_length=1)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    file: str = Field(pattern=r"^[^/\\]+\.onnx$")

    @model_validator(mode="after")
    def _kinds_name_classes(self) -> Self:
        strangers = sorted(set(self.kinds) - set(self.classes))
        if strangers:
            raise ValueError(f"kinds names no class of this model: {', '.join(strangers)}")
        return self


def read_manifest(path: Path) -> Manifest:
    """The manifest in a TOML file. Raises `ModelError` MANIFEST_INVALID with the place of the mistake."""
    try:
        return Manifest.model_validate(tomllib.loads(path.read_text("utf-8")))
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the file"
        reason = f"{where}: {first['msg']}"
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        reason = str(wrong)
    raise ModelError(ModelFault.MANIFEST_INVALID, path=str(path), reason=reason)


def name_from(text: str) -> str:
    """The nearest valid model name to any text, such as a file's stem."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:64].strip("_") or "model"
