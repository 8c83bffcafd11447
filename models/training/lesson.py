# SPDX-License-Identifier: Apache-2.0
"""Which places of a picture should have said what, and how far off they were.

A box is learnt by the places whose answers fit it best already (task alignment: Feng et al., TOOD, 2021), with the
overlap they reach as the objectness they should claim. Places inside unsure boxes are neither praised nor punished.
Besides, what the teacher answers at the same place of the same picture is a lesson too, box, kinds and doubts
(knowledge distillation: Hinton et al., 2015), but for the places that learn a box which a person drew.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from models.training.labels import ANY_VEHICLE
from models.training.words import CLASSES, STRIDES

_TOP = 9
_HEARD = 0.25
"""From which score of the teacher on its box and its kinds are learnt."""
_PERSON = CLASSES.index("person")
_PERSON_COUNTS = 3.0
"""How much more a place that shows a person counts: one box in eight is one, and most of those are small."""
_AROUND = 5
"""Of each stride a box may be learnt by the five times five places around its middle, as far as they lie inside."""


@dataclass(frozen=True, slots=True)
class Goal:
    """`sure` of every place [B, N]; and of the places that learn a box: where they are [P], the row of rows [P]."""

    sure: Tensor
    at: Tensor
    row: Tensor


def boxes_of(said: Tensor, corners: Tensor, strides: Tensor) -> Tensor:
    """Logits [..., 5 + C] to boxes [..., 4] in pixels."""
    centres = (said[..., :2] + corners) * strides
    halves = said[..., 2:4].clamp(-4, 5).exp() * strides / 2
    return torch.cat((centres - halves, centres + halves), -1)


def candidates(rows: Tensor, high: int, wide: int) -> tuple[Tensor, Tensor]:
    """For rows [R, 7] places of their picture [R, K], and whether a place exists and lies inside the box [R, K]."""
    middle = (rows[:, 3:5] + rows[:, 5:7]) / 2
    steps = torch.arange(_AROUND) - _AROUND // 2
    places, may, before = [], [], 0
    for stride in STRIDES:
        down, across = high // stride, wide // stride
        column = ((middle[:, 0] / stride).floor().long()[:, None, None] + steps).expand(-1, _AROUND, -1)
        line = ((middle[:, 1] / stride).floor().long()[:, None, None] + steps[:, None]).expand(-1, -1, _AROUND)
        x, y = (column + 0.5) * stride, (line + 0.5) * stride
        low, top = rows[:, 3:5, None, None], rows[:, 5:7, None, None]
        inside = (x > low[:, 0]) & (x < top[:, 0]) & (y > low[:, 1]) & (y < top[:, 1])
        exists = (column >= 0) & (column < across) & (line >= 0) & (line < down)
        places.append((before + line.clamp(0, down - 1) * across + column.clamp(0, across - 1)).flatten(1))
        may.append((inside & exists).flatten(1))
        before += down * across
    return torch.cat(places, 1), torch.cat(may, 1)


@torch.no_grad()
def goal(said: Tensor, rows: Tensor, corners: Tensor, strides: Tensor, high: int, wide: int) -> Goal:
    """Match answers [B, N, 5 + C] with rows [R, 7]: picture, class, trust, box."""
    count = said.shape[1]
    number, trust = rows[:, 1], rows[:, 2]
    places, may = candidates(rows, high, wide)
    flat = rows[:, :1].long() * count + places
    told = said.reshape(-1, said.shape[-1])[flat]
    overlap = giou(boxes_of(told, corners[places], strides[places]), rows[:, None, 3:]).iou * may
    scores = told[..., 5:].sigmoid()
    of_kind = scores.gather(-1, number.clamp(min=0).long()[:, None, None].expand(-1, places.shape[1], 1))[..., 0]
    of_kind = torch.where((number == ANY_VEHICLE)[:, None], scores[..., :4].amax(-1), of_kind)
    fit = (told[..., 4].sigmoid() * of_kind + 1e-3).sqrt() * (overlap + 1e-3) ** 3 * may
    chosen = torch.zeros_like(fit).scatter_(-1, fit.topk(_TOP, -1).indices, 1.0) * may
    fit = fit * chosen
    best = torch.zeros(said.shape[0] * count).scatter_reduce_(0, flat.flatten(), fit.flatten(), "amax")
    mine = (chosen > 0) & (fit == best[flat]) & (fit > 0)
    fit, overlap = fit * mine, overlap * mine
    share = fit / fit.amax(-1, keepdim=True).clamp(min=1e-12) * overlap.amax(-1, keepdim=True).clamp(min=0.1)
    row, column = mine.nonzero(as_tuple=True)
    at = flat[row, column]
    sure = torch.zeros(said.shape[0] * count).scatter_reduce_(0, at, (share * trust[:, None])[row, column], "amax")
    return Goal(sure.reshape(said.shape[:2]), at, row)


def loss(
    said: Tensor, rows: Tensor, known: Tensor, teacher: Tensor, places: tuple[Tensor, Tensor], high: int, wide: int
) -> tuple[Tensor, dict[str, float]]:
    """Of logits [B, N, 5 + C] against rows [R, 7], and against the teacher's boxes and scores [B, N, 4 + C].

    `known` [B, N] is 0 where nothing is known for sure; `places` are the corner and stride of each place.
    """
    corners, strides = places
    aim = goal(said, rows, corners, strides, high, wide)
    heard = torch.where(aim.sure > 0, 0.0, teacher[..., 4:].amax(-1))
    sure = aim.sure + heard
    off = (said[..., 4].sigmoid() - sure).abs().detach()
    total = aim.sure.sum().clamp(min=1.0)
    known = torch.maximum(known, (sure > _HEARD).float())
    counts = torch.where(_shows_person(aim, rows, heard, teacher), _PERSON_COUNTS, 1.0)
    objects = (bce(said[..., 4], sure, reduction="none") * off**1.5 * known * counts).sum() / total * 2.0
    told = said.reshape(-1, said.shape[-1])[aim.at]
    worth = (aim.sure * counts).flatten()[aim.at]
    place = aim.at % said.shape[1]
    number = rows[aim.row, 1]
    kinds = torch.nn.functional.one_hot(number.clamp(min=0).long(), len(CLASSES)).float()
    kind_loss = bce(told[:, 5:], kinds, reduction="none").sum(-1) * worth * (number >= 0)
    overlap = giou(boxes_of(told, corners[place], strides[place]), rows[aim.row, 3:]).giou
    where = ((1 - overlap) * worth).sum() / total * 2.5
    kind = kind_loss.sum() / total
    after = _repeated(said, heard, counts, teacher, places) / total
    told_of = {"objects": objects, "kinds": kind, "where": where, "repeated": after}
    return objects + kind + where + after, {name: value.item() for name, value in told_of.items()}


def _shows_person(aim: Goal, rows: Tensor, heard: Tensor, teacher: Tensor) -> Tensor:
    """Which places [B, N] learn a person, by a row or by the teacher."""
    shown = (heard > 0) & (teacher[..., 4:].argmax(-1) == _PERSON)
    shown.view(-1)[aim.at] = rows[aim.row, 1] == _PERSON
    return shown


def _repeated(said: Tensor, heard: Tensor, counts: Tensor, teacher: Tensor, places: tuple[Tensor, Tensor]) -> Tensor:
    """How far the student is from the teacher's boxes and kinds where the teacher sees something."""
    at = (heard > _HEARD).nonzero(as_tuple=True)
    worth, lesson, told = heard[at] * counts[at], teacher[at], said[at]
    kinds = lesson[:, 4:] / lesson[:, 4:].amax(-1, keepdim=True).clamp(min=1e-6)
    corners, strides = places
    overlap = giou(boxes_of(told, corners[at[1]], strides[at[1]]), lesson[:, :4]).giou
    kind = bce(told[:, 5:], kinds, reduction="none").sum(-1)
    return ((kind * 0.5 + (1 - overlap) * 1.5) * worth).sum()


@dataclass(frozen=True, slots=True)
class Overlap:
    """Intersection over union, and the generalised one."""

    iou: Tensor
    giou: Tensor


def giou(one: Tensor, two: Tensor) -> Overlap:
    """Of boxes [..., 4]."""
    shared = (torch.min(one[..., 2:], two[..., 2:]) - torch.max(one[..., :2], two[..., :2])).clamp(min=0).prod(-1)
    both = (one[..., 2:] - one[..., :2]).prod(-1) + (two[..., 2:] - two[..., :2]).prod(-1) - shared
    hull = (torch.max(one[..., 2:], two[..., 2:]) - torch.min(one[..., :2], two[..., :2])).prod(-1)
    iou = shared / both.clamp(min=1e-6)
    return Overlap(iou, iou - (hull - both) / hull.clamp(min=1e-6))
