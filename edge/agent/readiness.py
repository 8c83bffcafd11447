# SPDX-License-Identifier: Apache-2.0
"""Whether a device could run as it is configured: every finding, good or bad, without starting anything.

A model is found and its hash checked; that it runs is known only by loading native code, which never happens here.
"""

import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread

from edge.agent.drivers import Drivers
from edge.config.load import LoadedConfig, check_cameras, check_role, check_signs, load_config
from edge.config.mistakes import origin_of
from edge.config.models import Broker, Sign
from edge.config.origin import Origin, dotted
from edge.contract.problems import Problem, ProblemError
from edge.core.clock import EARLIEST_US, SystemClock
from edge.health.certificates import named_certificates, trouble
from edge.roles.registry import load_role
from edge.roles.role import AnyRole
from edge.vision.detectors.choice import chosen_model
from edge.vision.sources.street.scenario import SCHEME, read_scenario

RESOLVE_S = 5.0
"""A name server that is silent this long is as good as none."""

DEVICE_KEY = "device.key"
"""What the key is called in the store's folder."""

_ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `problem` says what is wrong with it, if anything is."""

    check: str
    subject: str
    problem: Problem | None = None


def findings(path: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    """All that can be known about the device of this file. A configuration that cannot be read is the only finding."""
    try:
        loaded = load_config(path, environment)
    except ProblemError as wrong:
        yield Finding("configuration", str(path), wrong.problem)
        return
    yield Finding("configuration", str(path))
    yield from _roles(loaded)
    yield _folder(loaded.config.store.folder)
    yield from _key(loaded.config.store.folder)
    for name, file in _named_files(loaded):
        yield _file(name, file)
    for file in named_certificates(loaded.config.link.brokers):
        yield _certificate(file)
    yield from _streets(loaded)
    yield from _models(loaded)
    yield from _signs(loaded)
    for broker in loaded.config.link.brokers:
        yield _broker(broker)
    yield from _deaf(loaded)


def _roles(loaded: LoadedConfig) -> Iterator[Finding]:
    for name in loaded.config.roles:
        try:
            role = load_role(name)
        except ProblemError as wrong:
            yield Finding("role", name, _placed(wrong.problem, origin_of(("roles", name), loaded.origins)))
            continue
        yield _found("role", name, partial(_check_role, loaded, name, role))


def _check_role(loaded: LoadedConfig, name: str, role: AnyRole) -> None:
    settings = check_role(loaded, name, role.settings)
    check_cameras(loaded, name, role.needs.cameras(settings))
    check_signs(loaded, name, role.needs.signs(settings))


def _found(what: str, subject: str, ask: Callable[[], object]) -> Finding:
    """What comes of asking: nothing, or the problem that was raised."""
    try:
        ask()
    except ProblemError as wrong:
        return Finding(what, subject, wrong.problem)
    return Finding(what, subject)


def _placed(problem: Problem, origin: Origin) -> Problem:
    """The same problem, with the place in the file where it is to be mended."""
    place = {"place": str(origin), "file": str(origin.file) if origin.file else None, "line": origin.line}
    return problem.model_copy(update={"detail": {**problem.detail, **place}})


def _streets(loaded: LoadedConfig) -> Iterator[Finding]:
    """A simulated street is all in its address, so it is read as the worker will read it."""
    for camera in loaded.config.cameras:
        if camera.source.startswith(SCHEME):
            yield _found("source", f"{camera.source} ({camera.name})", partial(read_scenario, camera.source))


def _models(loaded: LoadedConfig) -> Iterator[Finding]:
    for camera in loaded.config.cameras:
        if camera.detector.kind == "onnx":
            subject = f"{camera.detector.model or '?'} ({camera.name})"
            yield _found("model", subject, partial(chosen_model, camera.detector, loaded.config.models))


def _signs(loaded: LoadedConfig) -> Iterator[Finding]:
    """How each is spoken to, and whether its port is there; whether it answers is known only by opening that."""
    for sign in loaded.config.signs:
        yield _found("sign", f"{sign.name} ({sign.port})", partial(_check_sign, sign))


def _check_sign(sign: Sign) -> None:
    Drivers([sign])
    try:
        if Path(sign.port).is_absolute():
            Path(sign.port).stat()
    except OSError as wrong:
        raise ProblemError("port-unusable", port=sign.port, reason=wrong.strerror) from wrong


def _folder(folder: Path) -> Finding:
    """The store makes its own folder, so the nearest one that is there must be writable."""
    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Finding("store", str(folder))
    reason = "permission denied" if there.is_dir() else "not a folder"
    return Finding(
        "store", str(folder), Problem(code="store-unwritable", detail={"path": str(there), "reason": reason})
    )


def _key(folder: Path) -> Iterator[Finding]:
    """A key that is there must be one. Where there is none the agent makes it; a check leaves the folder as it is."""
    file = folder / DEVICE_KEY
    if not os.path.exists(file):  # noqa: PTH110  (Path.exists raises where the folder may not be entered)
        return
    from edge.identity.file_keystore import FileKeyStore  # noqa: PLC0415  (only a device that has a key pays for it)

    yield _found("key", str(file), partial(FileKeyStore, folder))


def _named_files(loaded: LoadedConfig) -> Iterator[tuple[str, Path]]:
    """Every file the configuration names, with the key that names it."""
    for number, broker in enumerate(loaded.config.link.brokers):
        for key in ("password_file", "ca_file", "cert_file", "key_file"):
            file = getattr(broker, key)
            if file is not None:
                yield dotted(("link", "brokers", number, key)), file
    if loaded.config.hub.sealing_key is not None:
        yield dotted(("hub", "sealing_key")), loaded.config.hub.sealing_key
    for kid, file in loaded.config.commands.keys.items():
        yield dotted(("commands", "keys", kid)), file
    for number, file in enumerate(loaded.config.models):
        yield dotted(("models", number)), file
    for number, camera in enumerate(loaded.config.cameras):
        if not _ADDRESS.match(camera.source):
            # A folder of pictures is a source too.
            yield dotted(("cameras", number, "source")), Path(camera.source)


def _file(key: str, file: Path) -> Finding:
    """Readability is asked of the system, never tried: what is in a file is nobody's business here."""
    if os.access(file, os.R_OK):
        return Finding("file", f"{key} {file}")
    reason = "permission denied" if file.exists() else "not there"
    detail = {"key": key, "path": str(file), "reason": reason}
    return Finding("file", f"{key} {file}", Problem(code="file-unreadable", detail=dict(detail)))


def _certificate(file: Path) -> Finding:
    """Its dates too, if the system clock is of our days; whether that is right is the running agent's to know."""
    system_us = SystemClock().now().wall_us
    return Finding("certificate", str(file), trouble(file, system_us if system_us >= EARLIEST_US else None))


def _broker(broker: Broker) -> Finding:
    reason = _resolve(broker.host)
    if reason is None:
        return Finding("broker", broker.host)
    detail = {"host": broker.host, "reason": reason}
    return Finding("broker", broker.host, Problem(code="broker-unresolved", detail=dict(detail)))


def _deaf(loaded: LoadedConfig) -> Iterator[Finding]:
    """MQTT 3.1.1 has no word for "nobody subscribes": trusting such a broker alone loses what no hub hears."""
    for number, broker in enumerate(loaded.config.link.brokers):
        if loaded.config.link.ack == "broker" and broker.protocol != "5":
            place = origin_of(("link", "brokers", number), loaded.origins)
            yield Finding("broker", broker.host, _placed(Problem(code="broker-cannot-tell", detail={}), place))


def _resolve(host: str) -> str | None:
    """Why the name has no address; nothing if it has. On a thread, as the system's resolver cannot be stopped."""
    answers: list[str | None] = []

    def ask() -> None:
        try:
            socket.getaddrinfo(host, None)
            answers.append(None)
        except OSError as wrong:
            answers.append(wrong.strerror or str(wrong))

    asking = Thread(target=ask, daemon=True)
    asking.start()
    asking.join(RESOLVE_S)
    return answers[0] if answers else f"no answer within {RESOLVE_S:.0f} s"
