# SPDX-License-Identifier: Apache-2.0
"""The shape of a device. What a technician may write, with its bounds; `defaults.toml` holds what he leaves out."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.contract.problems import Language
from edge.contract.topics import ROOT_PATTERN
from edge.contract.words import DeviceName, GroupName, Lane


class Section(BaseModel):
    """A table of the configuration: frozen, and closed so that a misspelt key is found."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Device(Section):
    """Who this device is."""

    name: DeviceName = Field(description="equal to the certificate's common name; part of every topic")
    language: Language = Field(default=Language.ZH, description="what its screen speaks first")
    groups: tuple[GroupName, ...] = Field(default=(), description="whose commands it hears, besides its own and @all's")


class Broker(Section):
    """One MQTT broker. Several are tried in order."""

    host: str = Field(min_length=1, description="name or address")
    port: int = Field(ge=1, le=65535, description="8883 is usual with TLS")
    protocol: Literal["5", "3.1.1", "auto"] = Field(default="auto", description="of MQTT; auto falls back to 3.1.1")
    username: str | None = Field(default=None, description="for brokers without certificates")
    password_file: Path | None = Field(default=None, description="a file that holds the password")
    ca_file: Path | None = Field(default=None, description="who vouches for the broker; turns TLS on")
    cert_file: Path | None = Field(default=None, description="the device's own certificate")
    key_file: Path | None = Field(default=None, description="its private key")

    def password(self) -> str | None:
        """What its file holds; None without one. Raises `OSError` if that cannot be read."""
        return self.password_file.read_text("utf-8").strip() if self.password_file else None


class Link(Section):
    """How the device reaches the hub."""

    root: str = Field(pattern=ROOT_PATTERN, description="what every topic begins with")
    brokers: tuple[Broker, ...] = Field(min_length=1, description="tried in this order")
    ack: Literal["hub", "broker"] = Field(
        description="whose word lets a row be forgotten: broker for hubs that cannot ack"
    )
    keepalive_s: int = Field(ge=5, le=3600, description="how soon a dead line is noticed")
    connect_timeout_s: float = Field(gt=0, le=120, description="then the next broker is tried")
    ack_timeout_s: float = Field(gt=0, le=3600, description="then a batch is sent again")
    window_batches: int = Field(ge=1, le=1000, description="batches under way at once; the broker may allow fewer")
    backoff_min_s: float = Field(gt=0, le=60, description="shortest wait before connecting again")
    backoff_max_s: float = Field(gt=0, le=3600, description="longest wait before connecting again")
    spread_s: float = Field(
        ge=0, le=600, description="devices that lost one broker together come back spread over so many seconds"
    )
    return_after_s: float = Field(
        ge=5, le=86400, description="on a later broker of the list, the first is looked for this often"
    )
    silence_s: float = Field(
        ge=1,
        le=3600,
        description="after so long without a word the broker is asked, after as long again it is given up",
    )
    canary_s: float = Field(ge=5, le=3600, description="after so long without the hub's word it is asked for one")
    budget_mb: dict[Lane, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict, description="megabytes a day that a lane may cost on a metered line; none for no limit"
    )
    deflate: bool = Field(description="whether batches are compressed; false shows them to mosquitto_sub")


class Commands(Section):
    """Who may command the device: the hub's Ed25519 public keys, PEM files by key id. Without any, nobody may."""

    keys: dict[str, Path] = Field(default_factory=dict, description="PEM file of each key id")


class Hub(Section):
    """What the device knows of its hub: to whom it seals what others may carry and must not read."""

    sealing_key: Path | None = Field(
        default=None, description="PEM file of the hub's X25519 public key; `edge-agent export` encrypts to it"
    )


class LaneRoom(Section):
    """How much of the store one lane may have, in hundredths of `cap_mb`, and for how long."""

    floor_pct: float = Field(ge=0, le=100, description="kept while others of its kind have more than their own")
    ceiling_pct: float = Field(gt=0, le=100, description="beyond this the lane's oldest go, whatever room there is")
    keep_days: float | None = Field(default=None, gt=0, description="older rows go; none for as long as there is room")


class Store(Section):
    """Where facts are kept until the hub has them."""

    folder: Path = Field(description="survives updates; the agent makes it")
    cap_mb: int = Field(
        ge=8,
        le=1_048_576,
        description="the most that database, log and blobs take on the disk; ballast and lock files are not counted",
    )
    lanes: dict[Lane, LaneRoom] = Field(description="a table for each lane: who gives way when the cap is reached")
    socket: Path | None = Field(default=None, description="for programs of the device; else agent.sock in the folder")

    @property
    def socket_path(self) -> Path:
        """Where the agent listens for programs of the same device."""
        return self.socket or self.folder / "agent.sock"


class Evidence(Section):
    """The ring of pictures a camera keeps in case a role wants one."""

    every_s: float = Field(gt=0, le=60, description="one picture each so many seconds")
    ring_mb: int = Field(ge=1, le=4096, description="the oldest picture leaves when it is full")
    jpeg_quality: int = Field(ge=40, le=100, description="85 is where plates stay readable")
    width: int = Field(ge=320, le=7680, description="pixels; wider pictures are scaled down to it")


class Recording(Section):
    """The last minutes of a camera, kept on the device so that a clip or a picture can be asked for."""

    minutes: float = Field(default=10.0, ge=0, le=1440, description="how far back it reaches; 0 records nothing")
    ring_mb: int = Field(default=64, ge=1, le=65536, description="the oldest ten seconds leave when it is full")
    fps: float = Field(default=1.0, gt=0, le=25, description="pictures a second, as far as that many are looked at")
    width: int = Field(default=1280, ge=160, le=7680, description="pixels; wider pictures are scaled down to it")
    jpeg_quality: int = Field(default=70, ge=20, le=100, description="70 shows what happened")


class Detector(Section):
    """What finds objects: `motion` needs no model; `onnx` the name of one in the catalogue, or a manifest file."""

    kind: Literal["motion", "onnx"] = Field(description="how objects are found")
    model: str | None = Field(default=None, description="name in the catalogue, or a manifest ending in .toml")
    threshold: float | None = Field(default=None, ge=0, le=1, description="least confidence; else the model's own")
    tiles: tuple[Annotated[int, Field(ge=1, le=8)], Annotated[int, Field(ge=1, le=8)]] = Field(
        default=(1, 1), description="columns and rows the picture is cut into, so that small things are seen"
    )


class Plates(Section):
    """How number plates are found and read where a role asks for them."""

    finder: str | None = Field(
        default=None, description="model that finds plates, by name or manifest; none to search by colour and shape"
    )
    reader: Literal["auto", "small", "ppocr"] = Field(
        default="auto",
        description="small comes along; ppocr needs the extra `plates`; auto takes both if both are there",
    )
    min_confidence: float = Field(default=0.9, ge=0, le=1, description="plates less sure than this are not told")


class Camera(Section):
    """One camera. `source`: an RTSP address, a device such as /dev/video0, a video file, or street:NAME (simulated)."""

    name: DeviceName = Field(description="what roles and events call it")
    source: str = Field(min_length=1, description="where its pictures come from")
    pace: Literal["live", "fast"] = Field(default="live", description="fast plays a file as fast as it can be read")
    fps: float = Field(gt=0, le=60, description="frames looked at each second")
    idle_fps: float = Field(gt=0, le=60, description="the same while nothing moves")
    gate: bool = Field(description="whether the detector rests while nothing moves")
    detector: Detector
    evidence: Evidence
    recording: Recording = Recording()
    plates: Plates = Plates()


class Sign(Section):
    """A guidance sign on a serial port. Several may share a port if they speak alike and differ in address."""

    name: DeviceName = Field(description="what roles call it")
    port: str = Field(min_length=1, description="best a link under /dev/serial/by-id")
    profile: str = Field(min_length=1, description="how it is spoken to: one that comes along, or a file in .toml")
    address: int = Field(default=1, ge=0, le=65535, description="of the sign on its bus")


class DeviceConfig(Section):
    """The whole device. `roles` holds each role's own settings, checked by the role."""

    device: Device
    link: Link
    store: Store
    commands: Commands = Commands()
    hub: Hub = Hub()
    cameras: tuple[Camera, ...] = ()
    signs: tuple[Sign, ...] = ()
    models: tuple[Path, ...] = Field(default=(), description="manifests of models beside those that come along")
    roles: dict[str, dict[str, Any]] = Field(default_factory=dict, description="a table for each role, by its name")
