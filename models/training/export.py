# SPDX-License-Identifier: Apache-2.0
"""Write the detector as ONNX: `python -m models.training.export --weights FILE --out FILE.onnx`.

Height and width stay open, in multiples of 32: a wide picture is looked at in a wide shape, at the price of a square.
"""

import argparse
from pathlib import Path

import onnx
import onnxruntime as ort
import torch

from models.training.network import Detector, Exported
from models.training.words import CLASSES, SIDE

_DIFFERS = 1e-3


def main() -> None:
    """Export, and compare with what torch answers."""
    parser = argparse.ArgumentParser(prog="python -m models.training.export", description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="averaged weights of a run")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    detector = Detector()
    detector.load_state_dict(torch.load(args.weights, weights_only=True))
    network = Exported(detector).eval()
    torch.onnx.export(
        network,
        (torch.zeros(1, 3, SIDE, SIDE),),
        args.out,
        input_names=["images"],
        output_names=["output"],
        dynamic_axes={"images": {2: "height", 3: "width"}, "output": {1: "places"}},
        opset_version=17,
        dynamo=False,
    )
    onnx.checker.check_model(onnx.load(args.out))
    session = ort.InferenceSession(args.out, providers=["CPUExecutionProvider"])
    for shape in ((SIDE, SIDE), (320, 544)):
        picture = torch.rand(1, 3, *shape) * 255
        with torch.no_grad():
            ours = network(picture)
        (theirs,) = session.run(None, {"images": picture.numpy()})
        off = float((ours - torch.from_numpy(theirs)).abs().max())
        if off > _DIFFERS or theirs.shape[2] != 5 + len(CLASSES):
            raise SystemExit(f"the export answers differently by {off}")
    print(f"{args.out}: {args.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
