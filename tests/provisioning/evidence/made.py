# SPDX-License-Identifier: Apache-2.0
"""A device of one's own: it signs cases one after the other, and its pictures are small."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge.contract.blobs import BlobRef
from edge.contract.evidence import CaseFacts, CaseManifest, Photograph, Pixels, Place, Plate
from edge.contract.evidence_chain import Head
from edge.contract.words import ClockQuality
from edge.identity.file_keystore import FileKeyStore
from edge.identity.manifests import sign_next
from provisioning.evidence.package import packed

DEVICE, EPOCH = "cam-12", "k3v9q0"
AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
VIEWS = ("whole-scene", "whole-scene", "whole-scene", "plate")


def jpeg(shade: int, width: int = 32, height: int = 18, *, grey: bool = False) -> bytes:
    """A small picture; of another shade, another one."""
    image = np.full((height, width) if grey else (height, width, 3), shade, np.uint8)
    done, encoded = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, 40))
    assert done
    return encoded.tobytes()


@dataclass
class Device:
    """Signs cases as a role's runner does, and keeps the pictures."""

    folder: Path
    head: Head | None = None
    pictures: dict[str, bytes] = field(default_factory=dict)

    def case(self, number: int = 1, *, views: Iterable[str] = VIEWS, **more: object) -> dict[str, Any]:
        """The data of a signed case, as its event carries it."""
        photographs = tuple(self._photograph(view, number, place) for place, view in enumerate(views))
        usual: dict[str, Any] = {
            "case": f"{DEVICE}-stop-{number}",
            "place": Place(code="330305001", name="海港路 12 号", direction="由东向西"),
            "device": DEVICE,
            "camera": "street",
            "zone": "bus-stop",
            "vehicle": "car",
            "plate": Plate(text="浙C12345", confidence=0.97, colour="blue"),
            "first_seen": AT,
            "last_seen": AT + timedelta(seconds=70),
            "dwell_s": 70.0,
            "clock": ClockQuality.SYNCED,
            "clock_error_s": 0.12,
            "limit_s": 60.0,
            "photographs": photographs,
        }
        facts = CaseFacts.model_validate(usual | more)
        manifest = CaseManifest(photos=tuple(one.blob.sha256 for one in facts.photographs), facts=facts)
        claims = manifest.model_dump(mode="json", exclude={"chain"})
        token, self.head = sign_next(self.keys, claims, DEVICE, EPOCH, self.head)
        return {**facts.model_dump(mode="json"), "manifest": token}

    def package(self, data: dict[str, Any]) -> bytes:
        """Of a case, with all its pictures."""
        return packed(data["case"], data["manifest"], self.pictures.get)

    @property
    def keys(self) -> FileKeyStore:
        """Where its key lies."""
        return FileKeyStore(self.folder)

    def public_key(self) -> Path:
        """Its public half in a file, as a hub keeps it."""
        path = self.folder / "device.pub.pem"
        path.write_bytes(self.keys.public_pem())
        return path

    def keep(self, content: bytes) -> BlobRef:
        """Take a picture in."""
        sha256 = hashlib.sha256(content).hexdigest()
        self.pictures[sha256] = content
        return BlobRef(sha256=sha256, size=len(content), media_type="image/jpeg")

    def _photograph(self, view: str, number: int, place: int) -> Photograph:
        blob = self.keep(jpeg(10 * place + number))
        taken_at = AT + timedelta(seconds=30 * place if view == "whole-scene" else 60)
        said = {"taken_at": taken_at, "view": view, "blob": blob, "pixels": Pixels(width=32, height=18)}
        return Photograph.model_validate(said)
