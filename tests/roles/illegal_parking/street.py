# SPDX-License-Identifier: Apache-2.0
"""A street of plain values: vehicles come, stand, hide and leave."""

from dataclasses import replace
from typing import Any

from edge.contract.envelope import CloudEvent
from edge.contract.evidence import CASE_TYPE, CaseFacts, CaseManifest
from edge.core.effects import Emit
from edge.core.geometry import Box
from edge.core.inputs import Seen
from edge.core.tracks import Kind, PictureRef, Sighting, Track
from edge.roles.illegal_parking.config import Settings
from edge.roles.illegal_parking.role import ROLE
from edge.roles.illegal_parking.stays import State
from tests.roles.world import World

NOON_US = 1_750_132_800_000_000
"""Tuesday 17 June 2025, 12:00 at +08:00."""
SPOT = Box(0.40, 0.50, 0.60, 0.70)
BUS = Box(0.30, 0.40, 0.80, 0.75)
"""A box that hides the whole of the spot."""
ELSEWHERE = Box(0.05, 0.05, 0.20, 0.15)
ZONE: dict[str, Any] = {
    "name": "gate",
    "camera": "east",
    "polygon": [(0.3, 0.3), (0.95, 0.3), (0.95, 0.95), (0.3, 0.95)],
    "limit_s": 60,
    "grace_s": 10,
    "photo_interval_s": 10,
}
ATTRIBUTES = {"source": "/devices/pole-1", "epoch": "e1", "lane": "record", "sequence": "0" * 16, "uptimems": "0"}


def settings_of(*zones: dict[str, Any], **more: object) -> Settings:
    """Settings with one zone or several, each written as its differences from the usual one."""
    place = {"code": "44010", "name": "东头路口"}
    return Settings.model_validate({"place": place, "zones": [ZONE | zone for zone in zones or ({},)], **more})


def shifted_box(box: Box, right: float = 0.0, down: float = 0.0) -> Box:
    """A box moved by fractions of its own size."""
    x, y = right * box.width, down * box.height
    return Box(box.left + x, box.top + y, box.right + x, box.bottom + y)


class Street(World[Settings, State]):
    """The street, with whoever stands and drives on it, looked at once a second."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Start the agent at noon before an empty street."""
        super().__init__(ROLE, settings or settings_of(), NOON_US)
        self.tracks: dict[int, Track] = {}
        self.scenes = self.closeups = True
        self.preset: str | None = None
        self.frozen: PictureRef | None = None
        self.lost: set[str] = set()
        self.silent: set[str] = set()
        self.starts()

    def hears(self, said: Emit) -> None:
        """Each event is of one stay or problem, can travel as it is, and a case holds what its manifest says."""
        CloudEvent.model_validate(
            ATTRIBUTES
            | {"id": "e1-record-1", "type": said.type, "time": said.at.at, "clock": said.at.quality}
            | {"subject": said.subject, "data": said.data}
        )
        assert said.subject == (said.data.get("case") or said.data.get("stay") or said.data["code"])
        if said.type == CASE_TYPE:
            manifest = CaseManifest.model_validate(said.manifest)
            assert manifest.facts == CaseFacts.model_validate(said.data)
            assert manifest.photos == tuple(one.blob.sha256 for one in manifest.facts.photographs)
            assert [picture.sha256 for picture in said.pictures] == list(manifest.photos)

    def comes(
        self,
        name: int,
        box: Box = SPOT,
        *,
        arrived: bool = True,
        moving: bool = False,
        since_s: float = 0.0,
        kind: Kind = Kind.CAR,
    ) -> None:
        """A vehicle stands (or moves) from now on, its track `since_s` old."""
        first_us = self.wall_us - round(since_s * 1e6)
        still_us = None if moving else self.wall_us
        self.tracks[name] = Track(name, kind, 0.9, box, first_us, self.wall_us, True, arrived, still_us)

    def changes(self, name: int, **what: Any) -> None:  # noqa: ANN401  (whatever a track has)
        """Something about a track is different from now on."""
        self.tracks[name] = replace(self.tracks[name], **what)

    def moves(self, name: int, box: Box) -> None:
        """A vehicle is under way, and at that place now."""
        self.changes(name, box=box, still_since_us=None, arrived=True)

    def stands(self, name: int) -> None:
        """A vehicle comes to stand where it is."""
        self.changes(name, still_since_us=self.wall_us)

    def leaves(self, name: int) -> None:
        """A vehicle drives out of the zone and of the picture."""
        self.moves(name, ELSEWHERE)
        self.plays(1)
        self.vanishes(name)

    def vanishes(self, *names: int) -> None:
        """Tracks are no more."""
        for name in names:
            del self.tracks[name]

    def plays(self, seconds: int) -> None:
        """Time goes by with a tick and a look every second."""
        for _ in range(seconds):
            self.passes(1)
            self.ticks()
            self.looks()

    def looks(self) -> bool:
        """Every camera sees the street as it is; whether the role made anything of it.

        Like the vision worker, a camera says once that nothing is there any more, and then nothing.
        """
        made = False
        for camera in self.cameras:
            if camera in self.lost or (not self.tracks and camera in self.silent):
                continue
            made |= self.happens(Seen(self.now, self.sighting(camera)))
            self.silent = self.silent - {camera} if self.tracks else self.silent | {camera}
        return made

    def sighting(self, camera: str) -> Sighting:
        """What a camera tells at this instant."""
        tracks = (replace(track, closeup=self._closeup(track)) for track in self.tracks.values())
        scene = (self.frozen or self._picture(0)) if self.scenes else None
        return Sighting(camera, self.wall_us, tuple(tracks), scene, preset=self.preset)

    def _closeup(self, track: Track) -> PictureRef | None:
        return self._picture(track.id) if self.closeups and track.seen else None

    def _picture(self, of: int) -> PictureRef:
        return PictureRef(f"{of:032x}{self.wall_us:032x}", 250_000, "image/jpeg", self.wall_us)

    def restarts(self, down_s: float = 20.0, *, reboot: bool = False) -> None:
        """The agent and its vision worker stop and start again: every track gets a new name and was there before."""
        self.passes(down_s)
        if reboot:
            self.uptime_ms = 30_000
        self.silent = set(self.cameras)
        self.starts()
        self.renames()

    def renames(self, *, arrived: bool = False) -> None:
        """Every track is lost and found again under another name."""
        for old in list(self.tracks):
            track = self.tracks.pop(old)
            still_us = None if track.still_since_us is None else self.wall_us
            new = replace(track, id=old + 100, first_us=self.wall_us, still_since_us=still_us, arrived=arrived)
            self.tracks[new.id] = new

    def camera(self, name: str | None = None, *, online: bool) -> bool:
        """A camera is lost or back; whether the role made anything of it."""
        of = name or self.cameras[0]
        self.lost = self.lost - {of} if online else self.lost | {of}
        return super().camera(of, online=online)
