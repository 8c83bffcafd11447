# SPDX-License-Identifier: Apache-2.0
"""Which labelled frames of parking lots are judged: whatever somebody else's folder holds and lacks."""

from pathlib import Path

import cv2
import numpy as np

from benchmarks.judged.left_out import LeftOut
from benchmarks.judged.slots import labelled

POINTS = [(10, 10), (30, 10), (30, 40), (10, 40)]


def space(name: str, state: str | None, tag: str = "point") -> str:
    """One space as PKLot writes it."""
    said = "" if state is None else f' occupied="{state}"'
    points = "".join(f'<{tag} x="{x}" y="{y}" />' for x, y in POINTS)
    return (
        f'<space id="{name}"{said}><rotatedRect><center x="20" y="25" /><size w="20" h="30" /><angle d="-7" />'
        f"</rotatedRect><contour>{points}</contour></space>"
    )


def lot(folder: Path, file: str, *spaces: str) -> None:
    """A frame and its labels, without a mask."""
    (folder / "frames").mkdir(parents=True, exist_ok=True)
    (folder / "bounding_boxes").mkdir(exist_ok=True)
    cv2.imwrite(str(folder / "frames" / file), np.full((60, 80, 3), 90, np.uint8))
    content = f'<parking id="ufpr">{"".join(spaces)}</parking>'
    (folder / "bounding_boxes" / f"{Path(file).stem}.xml").write_text(content, "utf-8")


def test_any_lot_with_labels_is_judged(tmp_path: Path) -> None:
    """Other names of sequences, PNG and JPEG, no masks; a space that nobody has judged does not count."""
    lot(tmp_path / "sequence3", "000001.png", space("1", "1"), space("2", None), space("3", "0"))
    lot(tmp_path / "rooftop_2014", "b.JPG", space("7", "0", tag="Point"))
    lot(tmp_path / "rooftop_2014", "a.jpg", space("7", "1"), space("8", "?"))
    found = [(one.file.name, [state for _, _, state in one.spaces]) for one in labelled(tmp_path)]
    assert found == [("a.jpg", [True]), ("b.JPG", [False]), ("000001.png", [True, False])]


def test_what_cannot_be_judged_is_left_out(tmp_path: Path) -> None:
    """A frame without labels, a folder without any, labels that are no XML, and a picture that is none of ours."""
    lot(tmp_path / "sequence1", "good.jpg", space("1", "1"))
    lot(tmp_path / "sequence1", "torn.jpg")
    (tmp_path / "sequence1" / "bounding_boxes" / "torn.xml").write_text("<parking><space", "utf-8")
    (tmp_path / "sequence1" / "frames" / "unlabelled.jpg").write_bytes(b"")
    (tmp_path / "sequence1" / "frames" / "Thumbs.db").write_bytes(b"")
    (tmp_path / "empty_sunday").mkdir()
    left_out = LeftOut()
    assert [one.file.name for one in labelled(tmp_path, left_out)] == ["good.jpg"]
    assert {why: names for why, names in left_out.why.items() if names} == {
        "frames without labels": ["unlabelled.jpg"],
        "labels that cannot be understood": ["torn.xml"],
    }
