# SPDX-License-Identifier: Apache-2.0
"""The shape of a device. What a technician may write, with its bounds; `defaults.toml` holds what he leaves out."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.contract.problems import Language
from edge.contract.words import DeviceName, GroupName


class Section(BaseModel):
    """A table of the configuration: frozen, and closed so that a misspelt key is found."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Device(Section):
    """Who this device is."""

    name: DeviceName
    language: Language = Language.ZH
    groups: tuple[GroupName, ...] = ()


class Broker(Section):
    """One MQTT broker. Several are tried in order."""

    host: str = Field(min_length=1)
    port: int = Field(ge=1, le=65535)
    protocol: Literal["5", "3.1.1", "auto"] = "auto"
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


class Link(Section):
    """How the device reaches the hub."""

    root: str = Field(pattern=r"^[^/+#]+(/[^/+#]+)*$")
    brokers: tuple[Broker, ...] = Field(min_length=1)
    ack: Literal["hub", "broker"]
    keepalive_s: int = Field(ge=5, le=3600)
    connect_timeout_s: float = Field(gt=0, le=120)
    ack_timeout_s: float = Field(gt=0, le=3600)
    window_batches: int = Field(ge=1, le=1000)
    backoff_min_s: float = Field(gt=0, le=60)
    backoff_max_s: float = Field(gt=0, le=3600)
    deflate: bool


class Commands(Section):
    """Who may command the device: the hub's Ed25519 public keys, PEM files by key id. None: every command is refused."""

    keys: dict[str, Path] = Field(default_factory=dict)


class Store(Section):
    """Where facts are kept until the hub has them."""

    folder: Path
    socket: Path | None = None

    @property
    def socket_path(self) -> Path:
        """Where the agent listens for programs of the same device."""
        return self.socket or self.folder / "agent.sock"


class Evidence(Section):
    """The ring of pictures a camera keeps in case a role wants one."""

    every_s: float = Field(gt=0, le=60)
    ring_mb: int = Field(ge=1, le=4096)
    jpeg_quality: int = Field(ge=40, le=100)
    width: int = Field(ge=320, le=7680)


class Detector(Section):
    """What finds objects: `motion` needs no model; `onnx` the name of one in the catalogue, or a manifest file."""

    kind: Literal["motion", "onnx"]
    model: str | None = None
    threshold: float | None = Field(default=None, ge=0, le=1)
    tiles: tuple[Annotated[int, Field(ge=1, le=8)], Annotated[int, Field(ge=1, le=8)]] = (1, 1)


class Camera(Section):
    """One camera. `source`: an RTSP address, a device such as /dev/video0, a video file, or street:NAME (simulated)."""

    name: DeviceName
    source: str = Field(min_length=1)
    pace: Literal["live", "fast"] = "live"
    fps: float = Field(gt=0, le=60)
    idle_fps: float = Field(gt=0, le=60)
    gate: bool
    detector: Detector
    evidence: Evidence


class DeviceConfig(Section):
    """The whole device. `roles` holds each role's own settings, checked by the role."""

    device: Device
    link: Link
    store: Store
    commands: Commands = Commands()
    cameras: tuple[Camera, ...] = ()
    models: tuple[Path, ...] = ()
    roles: dict[str, dict[str, Any]] = Field(default_factory=dict)
