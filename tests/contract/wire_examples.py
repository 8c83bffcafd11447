# SPDX-License-Identifier: Apache-2.0
"""One example of every message, as a device or a hub would compose it.

`python -m tests.contract.wire_examples` writes them to tests/goldens/wire: look at the difference before you commit it,
since every hub will see it too.
"""

import base64
import zlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel

from edge.contract.acks import Ack, Resend
from edge.contract.batch import encode_batch
from edge.contract.blobs import BlobChunk, BlobRef
from edge.contract.cameras import CameraActivity, CameraBack, CameraLost, CameraPreset, CameraView
from edge.contract.clock import ClockOffset, ClockState, LaneRange, TimeSource
from edge.contract.commands import CommandClaims, CommandName, CommandResult, CommandStatus, DesiredClaims, JwsHeader
from edge.contract.crowd import AreaCount, CrowdAlarm, CrowdDensity, CrowdSummary, GateCount
from edge.contract.envelope import EventFrame, event_body
from edge.contract.events import EVENTS
from edge.contract.evidence import Case, Photograph, Place, Plate, StayDeparted, StayExempted, StayOpened
from edge.contract.health import AgentHealth, AgentProblem, AgentStarted
from edge.contract.local import CameraState
from edge.contract.outbox import Shed
from edge.contract.parking import (
    MappedSpace,
    Overstay,
    ParkingHour,
    ParkingSnapshot,
    SpaceOccupancy,
    Straddling,
    WrongClass,
    ZoneCount,
    ZoneCounted,
)
from edge.contract.port import (
    PlanInForce,
    PlanLevel,
    PortAlarm,
    PortBlind,
    PortCleared,
    PortPresence,
    PortSighted,
)
from edge.contract.presence import Presence, Reported
from edge.contract.problems import Problem
from edge.contract.replies import Reply
from edge.contract.spill import SpillBox, SpillCleared, SpillNoticed, SpillObstructed, SpillUnwatched
from edge.contract.traffic import LaneCongestion, LaneTraffic, SpeedClass, TrafficIncident, TrafficSummary
from edge.contract.words import ClockQuality, Lane

FOLDER = Path(__file__).parents[1] / "goldens" / "wire"
DEVICE, EPOCH = "cam-12", "k3v9q0"
AT = datetime.fromisoformat("2026-11-18T11:06:40+08:00")
AT_US = round(AT.timestamp() * 1_000_000)
HUB_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

STAY: dict[str, Any] = {
    "case": "cam-12-bus-stop-20261118T030640000",
    "place": Place(code="330305001", name="海港路 12 号"),
    "device": DEVICE,
    "camera": "street",
    "zone": "bus-stop",
    "vehicle": "car",
    "plate": Plate(text="浙C12345", confidence=0.97, colour="blue"),
    "first_seen": AT,
    "last_seen": datetime.fromisoformat("2026-11-18T11:11:40+08:00"),
    "dwell_s": 300.0,
    "clock": ClockQuality.SYNCED,
}
PHOTOGRAPH = Photograph(taken_at=AT, view="whole-scene", blob=BlobRef(sha256=SHA, size=4, media_type="image/jpeg"))
SPACE: dict[str, Any] = {
    "place": STAY["place"],
    "device": DEVICE,
    "camera": "lot",
    "zone": "north",
    "use": "car",
    "vehicle": "car",
    "since": AT,
    "clock": ClockQuality.SYNCED,
}
ZONE_COUNT = {"zone": "north", "free": 11, "occupied": 8, "unknown": 1, "total": 20}
UNREACHABLE = Problem(code="camera-unreachable", detail={"camera": "street", "source": "rtsp://192.0.2.10/stream1"})
CAMERA = CameraState(name="street", online=True, frames=300, dropped=0, restarts=0, tracks=2)

LANE_NAME: dict[str, Any] = {
    "place": STAY["place"],
    "road": "harbour-road",
    "lane": "east-1",
    "camera": "street",
    "clock": ClockQuality.SYNCED,
}
LANE = LaneTraffic(
    lane="east-1",
    forward={"bus": 1, "car": 23},
    against={},
    mean_kmh=38.4,
    speeds=(
        SpeedClass(from_kmh=0, below_kmh=20, vehicles=2),
        SpeedClass(from_kmh=20, below_kmh=40, vehicles=10),
        SpeedClass(from_kmh=40, below_kmh=60, vehicles=11),
        SpeedClass(from_kmh=60, below_kmh=None, vehicles=0),
    ),
    queue_mean_m=3.2,
    queue_max_m=24.0,
    occupancy=0.084,
    level="free",
)
SITE: dict[str, Any] = {"place": STAY["place"], "site": "boardwalk", "clock": ClockQuality.SYNCED}

BERTH = Place(code="330305014", name="东岙码头 2 号泊位")
INTRUSION: dict[str, Any] = {
    "incident": "cam-12-berth-2-people-20261118T030640000",
    "place": BERTH,
    "device": DEVICE,
    "camera": "quay",
    "area": "berth-2",
    "party": "people",
    "level": PlanLevel.ORANGE,
    "since": AT,
    "last_seen": AT + timedelta(seconds=30),
    "clock": ClockQuality.SYNCED,
}
SPILL: dict[str, Any] = {
    "spill": "cam-12-eastbound-20261118T030640000",
    "place": Place(code="330305001", name="海港路 12 号"),
    "device": DEVICE,
    "camera": "street",
    "surface": "eastbound",
    "box": SpillBox(left=0.48, top=0.58, right=0.6, bottom=0.63),
    "share": 0.0062,
    "area_m2": 2.4,
    "since": AT,
    "last_seen": AT + timedelta(seconds=90),
    "passes": 5,
    "clock": ClockQuality.SYNCED,
}

DATA: dict[str, BaseModel] = {
    "illegalparking.opened.v1": StayOpened(
        **STAY | {"last_seen": AT + timedelta(seconds=30), "dwell_s": 30.0}, limit_s=300.0
    ),
    "illegalparking.case.v1": Case(**STAY, limit_s=300.0, photographs=(PHOTOGRAPH,), manifest="e30.e30.c2ln"),
    "illegalparking.departed.v1": StayDeparted(**STAY, completed=True),
    "illegalparking.exempted.v1": StayExempted(
        **{key: value for key, value in STAY.items() if key not in {"case", "plate"}},
        stay="cam-12-bus-stop-20261118T030640000",
        by="plate",
        rule="浙C*警",
        plate="浙C1234警",
        number=3,
    ),
    "parking.occupancy.v1": SpaceOccupancy(**SPACE, space="n-07", state="occupied", before="free", straddles=("n-08",)),
    "parking.zone.v1": ZoneCounted(**ZONE_COUNT, place=STAY["place"], device=DEVICE, clock=ClockQuality.SYNCED),
    "parking.overstay.v1": Overstay(**SPACE, space="n-07", plate=STAY["plate"], stayed_s=7200.4, max_stay_s=7200.0),
    "parking.wrongclass.v1": WrongClass(
        **SPACE | {"use": "ev"}, space="n-01", plate=STAY["plate"], stayed_s=40.0, reason="plate-not-green"
    ),
    "parking.straddling.v1": Straddling(
        place=STAY["place"],
        device=DEVICE,
        camera="lot",
        spaces=("n-07", "n-08"),
        vehicle="car",
        since=AT,
        clock=ClockQuality.SYNCED,
    ),
    "parking.hour.v1": ParkingHour(
        place=STAY["place"],
        device=DEVICE,
        zone="north",
        from_=AT - timedelta(hours=1),
        to=AT,
        spaces=20,
        arrivals=9,
        departures=7,
        turnover=0.45,
        mean_stay_s=2741.5,
        occupied_share=0.412,
        known_share=1.0,
    ),
    "parking.snapshot.v1": ParkingSnapshot(
        place=STAY["place"],
        device=DEVICE,
        spaces=(
            MappedSpace(
                space="n-07",
                state="occupied",
                since=AT,
                vehicle="car",
                zone="north",
                camera="mast",
                outline=((0.31, 0.42), (0.38, 0.42), (0.39, 0.55), (0.30, 0.55)),
            ),
        ),
        zones=(ZoneCount(**ZONE_COUNT),),
        clock=ClockQuality.SYNCED,
    ),
    "camera.lost.v1": CameraLost(camera="street", problem=UNREACHABLE),
    "camera.back.v1": CameraBack(camera="street"),
    "camera.view.v1": CameraView(camera="street", view="covered", since=AT, why="13% of the usual detail"),
    "camera.preset.v1": CameraPreset(camera="street", preset="bus-stop"),
    "camera.activity.v1": CameraActivity(
        camera="street", from_=AT, to=AT + timedelta(seconds=10), frames=50, arrived={"car": 2}
    ),
    "agent.started.v1": AgentStarted(agent="0.1.0", boot=3, roles=("illegal_parking",)),
    "agent.problem.v1": AgentProblem(code="disk-full", detail={"path": "/var/lib/dongtou-edge"}),
    "agent.health.v1": AgentHealth(
        uptime_s=60,
        cpu_s=0.4,
        rss_max_kib=44_000,
        outbox_rows={Lane.RECORD: 2},
        inputs_dropped=0,
        cameras=(CAMERA,),
        skew_ms=-12,
        clock=ClockState(source=TimeSource.HUB, error_ms=14, right_at=AT, system_off_ms=-1_790_000_000_000),
    ),
    "clock.offset.v1": ClockOffset(
        boot="3de5b776-fd1f-4b9b-97b3-9d86857af8cf",
        zero=AT,
        source=TimeSource.HUB,
        error_ms=14,
        moved_ms=86_400_000,
        rows=(LaneRange.model_validate({"lane": "record", "from": 12, "to": 40}),),
    ),
    "outbox.shed.v1": Shed(lane=Lane.METRIC, from_=10, to=19, count=10, bytes=2048, reason="disk-full"),
    "command.result.v1": CommandResult(jti="c-1", cmd="status", status=CommandStatus.DONE, output={"uptime_s": 60}),
    "port.plan.v1": PlanInForce(
        place=BERTH, level=PlanLevel.ORANGE, was=PlanLevel.YELLOW, why="ordered", issued=AT, until=None
    ),
    "port.alarm.v1": PortAlarm(**INTRUSION, count=2, kinds={"person": 2}, reminder=0, photographs=(PHOTOGRAPH.blob,)),
    "port.cleared.v1": PortCleared(**INTRUSION, most=3, why="left"),
    "port.presence.v1": PortPresence(
        place=BERTH, camera="quay", area="berth-2", party="people", level=PlanLevel.ORANGE, count=2
    ),
    "port.blind.v1": PortBlind(place=BERTH, camera="quay", areas=("berth-2",), level=PlanLevel.ORANGE, blind_s=61.0),
    "port.sighted.v1": PortSighted(place=BERTH, camera="quay", blind_s=312.5),
    "spill.obstructed.v1": SpillObstructed(**SPILL, photographs=(PHOTOGRAPH.blob,)),
    "spill.noticed.v1": SpillNoticed(**SPILL | {"surface": "pavement"}, photographs=(PHOTOGRAPH.blob,)),
    "spill.cleared.v1": SpillCleared(**SPILL, lasted_s=1830.0),
    "spill.unwatched.v1": SpillUnwatched(**SPILL, why="learnt-anew"),
    "blob.chunk.v1": BlobChunk(sha256=SHA, offset=0, total=4, bytes="dGVzdA"),
    "traffic.summary.v1": TrafficSummary(
        place=STAY["place"],
        road="harbour-road",
        camera="street",
        from_=AT,
        to=AT + timedelta(minutes=5),
        seen_s=291.4,
        lanes=(LANE,),
        clock=ClockQuality.SYNCED,
    ),
    "traffic.congestion.v1": LaneCongestion(
        **LANE_NAME, level="congested", before="slow", speed_kmh=14.2, occupancy=0.31, queue_m=22.5
    ),
    "traffic.incident.v1": TrafficIncident(
        **LANE_NAME,
        incident="cam-12-harbour-road-east-1-wrong-way-20261118T030640",
        what="wrong-way",
        phase="raised",
        vehicle="car",
        since=AT,
        last_seen=AT + timedelta(seconds=2),
        along_m=17.3,
    ),
    "crowd.summary.v1": CrowdSummary(
        place=STAY["place"],
        site="boardwalk",
        from_=AT,
        to=AT + timedelta(minutes=5),
        gates=(GateCount(gate="west", entered=41, left=17, seen_s=300.0),),
        areas=(AreaCount(area="deck", mean=12.4, peak=21, peak_per_m2=0.35, level="comfortable", seen_s=300.0),),
        present=64,
        peak=66,
        corrected=-1,
        clock=ClockQuality.SYNCED,
    ),
    "crowd.density.v1": CrowdDensity(**SITE, area="deck", level="crowded", before="busy", people=63, per_m2=1.05),
    "crowd.alarm.v1": CrowdAlarm(**SITE, what="density", phase="raised", area="deck", people=63, limit=1.0, since=AT),
}

PRESENCE = Presence(online=True, boot="b1", epoch=EPOCH, agent="0.1.0", role="illegal_parking", time=AT)
REPORTED = Reported(revision=3, state={"clock": "synced"}, problems=(Problem(code="disk-full"),))

ACK = Ack(
    epoch=EPOCH,
    acks={Lane.RECORD: 17, Lane.BLOB: 0},
    time=AT,
    resend=(Resend.model_validate({"lane": "record", "from": 3, "to": 5}),),
    blobs=(SHA,),
)
COMMAND = CommandClaims(
    iss="hub", aud=DEVICE, iat=1_794_971_200, exp=1_794_974_800, jti="c-1", cmd=CommandName.STATUS, args={}
)
DESIRED = DesiredClaims(
    iss="hub", aud=DEVICE, iat=1_794_971_200, exp=1_794_974_800, jti="d-7", revision=7, state={"plan": "night"}
)
REPLY = Reply(
    id="r-1", source="/hub", type="cn.dongtou.hub.reply.v1", subject=f"{EPOCH}-record-9", time=AT, data={"ok": True}
)


def event(name: str, seq: int) -> bytes:
    """One event of the kind of that name, framed as the courier frames it."""
    kind = next(kind for kind in EVENTS if kind.name == name)
    data = DATA[name].model_dump(mode="json")
    return EventFrame(DEVICE, EPOCH, kind.lane).frame(seq, AT_US, "synced", 60_000, event_body(kind.type, data))


def jws(header: JwsHeader, claims: BaseModel) -> bytes:
    """JWS compact, as RFC 7515 appendix A.1 puts it together and RFC 8037 signs it."""
    spoken = b".".join(_base64url(part.model_dump_json().encode()) for part in (header, claims))
    return spoken + b"." + _base64url(HUB_KEY.sign(spoken))


def said() -> dict[str, bytes]:
    """What a device publishes, by the name of its golden."""
    records = [kind.name for kind in EVENTS if kind.lane is Lane.RECORD]
    others = [kind.name for kind in EVENTS if kind.lane is not Lane.RECORD]
    told = {name: event(name, seq) for seq, name in enumerate(records, 1)}
    rest = {name: event(name, 1) for name in others}
    return {f"up/{name}.json": framed for name, framed in (told | rest).items()} | {
        "up/batch.json": encode_batch(list(told.values()), level=0),
        "up/presence.json": PRESENCE.model_dump_json().encode(),
        "up/reported.json": REPORTED.model_dump_json().encode(),
    }


def heard() -> dict[str, bytes]:
    """What a hub publishes, by the name of its golden."""
    return {
        "down/ack.json": ACK.model_dump_json(by_alias=True).encode(),
        "down/command.jws": jws(JwsHeader(alg="EdDSA", kid="hub-1", typ="command+jwt"), COMMAND),
        "down/desired.jws": jws(JwsHeader(alg="EdDSA", kid="hub-1", typ="desired+jwt"), DESIRED),
        "down/reply.json": REPLY.model_dump_json().encode(),
        "down/blob.json": BlobChunk(sha256=SHA, offset=0, total=4, bytes="dGVzdA").model_dump_json().encode(),
    }


def _base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


if __name__ == "__main__":
    for name, payload in (said() | heard()).items():
        (FOLDER / name).write_bytes(payload + b"\n")
    deflated = zlib.compress(said()["up/batch.json"], 1)
    (FOLDER / "up/batch.deflated.base64").write_bytes(base64.encodebytes(deflated))
