# SPDX-License-Identifier: Apache-2.0
"""Which labelled street pictures are judged, and that whatever is not is counted."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.judged.detector import Labelled, count, labelled, measure
from benchmarks.judged.left_out import LeftOut
from edge.core.geometry import Box
from edge.core.tracks import Kind
from edge.vision.detector import Detection


def street(folder: Path, file: str, labels: str | None) -> None:
    """A picture, and what somebody has written of it."""
    path = folder / "images" / "桥 1" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", np.full((60, 80, 3), 90, np.uint8))[1].tobytes())
    if labels is not None:
        beside = (folder / "labels" / "桥 1" / file).with_suffix(".txt")
        beside.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(labels, "utf-8")


def test_labels_of_any_tool_are_understood(tmp_path: Path) -> None:
    """Endings in capitals, a mark before the first byte, carriage returns, classes as 0.0, and a column too many."""
    street(tmp_path, "a.PNG", "\ufeff0 0.5 0.5 0.2 0.2\r\n2.0 0.2 0.2 0.1 0.1 0.93\r\n\r\n6 0.5 0.5 0.1 0.1\r\n")
    street(tmp_path, "b.jpeg", "")
    (tmp_path / "classes.txt").write_text("\ufeffcar\r\nvan\r\nbus\r\n", "utf-8")
    left_out = LeftOut()
    assert [(one.file.name, len(one.vehicles)) for one in labelled(tmp_path, left_out)] == [("a.PNG", 2), ("b.jpeg", 0)]
    assert left_out.why["boxes of unknown classes"] == ["a.txt: 6"]


def test_what_is_left_out_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pictures without labels, labels without a picture, and lines that are no box, each by its number."""
    street(tmp_path, "good.png", "0 0.5 0.5 0.2 0.2\n0 nan 0.5 0.2 0.2\ncar 0.5 0.5 0.2 0.2\n0 0.5 0.5\n")
    street(tmp_path, "alone.png", None)
    street(tmp_path, "gone.png", "0 0.5 0.5 0.2 0.2\n")
    (tmp_path / "images" / "桥 1" / "gone.png").unlink()
    left_out = LeftOut()
    assert [len(one.vehicles) for one in labelled(tmp_path, left_out)] == [1]
    left_out.tell(1, "pictures")
    assert " 3 lines that are no box (good.txt: 0 0.5 0.5, " in capsys.readouterr().err
    counted = {why: len(names) for why, names in left_out.why.items() if names}
    assert counted == {"lines that are no box": 3, "labels without a picture": 1, "pictures without labels": 1}


def test_a_folder_without_vehicles_gives_no_figures(tmp_path: Path) -> None:
    """Where nothing is labelled, a recall of nought would mislead: it is said what is looked for."""
    street(tmp_path / "street", "a.png", "6 0.5 0.5 0.2 0.2\n")
    with pytest.raises(FileNotFoundError, match=r"no vehicle is labelled .* and 1 pictures with labels were found"):
        measure(tmp_path)


def test_a_find_in_a_box_to_ignore_is_excused() -> None:
    """Found, made up, and excused by a box that holds a whole row of cars."""
    truth = Labelled(Path("x"), [Box(0.1, 0.1, 0.3, 0.3)], [Box(0.5, 0.0, 1.0, 1.0)])
    boxes = [Box(0.1, 0.1, 0.3, 0.28), Box(0.1, 0.1, 0.29, 0.3), Box(0.6, 0.4, 0.7, 0.5), Box(0.3, 0.4, 0.4, 0.5)]
    assert count([Detection(Kind.CAR, 0.9, box) for box in boxes], truth) == (1, 2)
