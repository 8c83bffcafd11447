# SPDX-License-Identifier: Apache-2.0
"""The network: six convolutions on a cut of 48 × 48 with its outline, then two layers that know where what was seen."""

from itertools import pairwise
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from models.training.spaces.pool import SIDE

INPUT, OUTPUT = "cuts", "occupied"


class SpaceNet(nn.Module):
    """[N, 4, SIDE, SIDE] to [N] logits."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_layer(4, 16, 2),
            *_layer(16, 32, 2),
            *_layer(32, 32, 1),
            *_layer(32, 64, 2),
            *_layer(64, 64, 1),
            *_layer(64, 64, 2),
            nn.Flatten(),
            nn.Dropout(0.25),
            nn.Linear(64 * (SIDE // 16) ** 2, 64),
            nn.ReLU(),
            nn.Linear(64, 1),
        )

    def forward(self, cuts: Tensor) -> Tensor:
        """How sure it is, before the logistic function."""
        logits: Tensor = self.layers(cuts)
        return logits[:, 0]


class Shipped(nn.Module):
    """The same with the logistic function: what the file holds."""

    def __init__(self, net: SpaceNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, cuts: Tensor) -> Tensor:
        """[N] of 0 to 1."""
        return torch.sigmoid(self.net(cuts))


def export(net: SpaceNet, path: Path) -> None:
    """Write the ONNX file, any number of cuts a run."""
    net.eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    example = (torch.zeros(2, 4, SIDE, SIDE),)
    torch.onnx.export(
        Shipped(net),
        example,
        str(path),
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamic_axes={INPUT: {0: "spaces"}, OUTPUT: {0: "spaces"}},
        opset_version=17,
        dynamo=False,
    )


def begun(path: Path) -> SpaceNet:
    """The network in a file that `export` wrote, to go on from. The norms are folded into it, so they begin as none."""
    net, graph = SpaceNet(), onnx.load(str(path)).graph
    values = {one.name: torch.from_numpy(numpy_helper.to_array(one).copy()) for one in graph.initializer}
    steps = iter([node.input for node in graph.node if node.op_type in {"Conv", "Gemm"}])
    with torch.no_grad():
        for layer, after in pairwise(net.layers):
            if isinstance(layer, nn.Conv2d | nn.Linear):
                _, weight, bias = next(steps)
                layer.weight.copy_(values[weight])
                (after if isinstance(after, nn.BatchNorm2d) else layer).bias.copy_(values[bias])
            if isinstance(layer, nn.BatchNorm2d):
                layer.running_var.fill_(1 - layer.eps)
        _, weight, bias = next(steps)
        net.layers[-1].weight.copy_(values[weight])
        net.layers[-1].bias.copy_(values[bias])
    return net


def _layer(given: int, made: int, stride: int) -> list[nn.Module]:
    return [nn.Conv2d(given, made, 3, stride, 1, bias=False), nn.BatchNorm2d(made), nn.ReLU()]
