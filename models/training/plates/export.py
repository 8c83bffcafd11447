# SPDX-License-Identifier: Apache-2.0
"""Writes the trained reader as ONNX, and the manifest that goes with it.

python -m models.training.plates.export --weights plate.pt --version 1 --to models
"""

import argparse
import hashlib
from pathlib import Path

import torch

from models.training.plates.network import COLUMNS, HEIGHT, WIDTH, Reader, Shipped
from models.training.plates.train import ALPHABET

NAME = "dongtou_plate"
MANIFEST = """# SPDX-License-Identifier: Apache-2.0
# Our own reader of Chinese number plates; the recipe is in models/training/plates, the card in models/cards.

name = "{name}"
version = "{version}"
task = "read"
file = "{name}.onnx"
sha256 = "{sha256}"
licence = "Apache-2.0"
source = "trained for this project on rendered plates and 321 real ones: models/training/plates"
classes = ["plate"]

# The network takes each picture's own light and contrast out of it, so pixels go in as they are.
[input]
name = "plate"
width = {width}
height = {height}
channels = "bgr"
fit = {{ how = "stretch" }}

[decoding]
layout = "ctc"
columns = {columns}
characters = "{characters}"

[thresholds]
score = 0.5

[kinds]
"""


def main() -> None:
    """Export and write both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--version", default="1")
    parser.add_argument("--to", type=Path, required=True, help="the folder that holds onnx/ and manifests/")
    args = parser.parse_args()
    reader = Reader(len(ALPHABET))
    reader.load_state_dict(torch.load(args.weights, weights_only=True))
    file = args.to / "onnx" / f"{NAME}.onnx"
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        Shipped(reader.eval()).eval(),
        (torch.zeros(1, 3, HEIGHT, WIDTH),),
        str(file),
        input_names=["plate"],
        output_names=["columns"],
        opset_version=17,
        dynamo=False,
    )
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    manifest = args.to / "manifests" / f"{NAME}.toml"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    filled = MANIFEST.format(
        name=NAME,
        version=args.version,
        sha256=digest,
        width=WIDTH,
        height=HEIGHT,
        columns=COLUMNS,
        characters=ALPHABET,
    )
    manifest.write_text(filled, "utf-8")
    print(f"{file}: {file.stat().st_size} bytes, {digest}")


if __name__ == "__main__":
    main()
