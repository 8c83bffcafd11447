# SPDX-License-Identifier: Apache-2.0
"""Load a device's configuration: package defaults, the system's folder, the device's file, the environment.

The later wins. Every mistake is found in one go, and every value remembers where it was written.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from edge.config.anchors import anchored
from edge.config.environment import lay_environment
from edge.config.layers import TEMPLATES, Layer, default_layer, file_layer, fill_templates, over, paths_below
from edge.config.mistakes import Mistake, closest, config_invalid, mistakes_in, origin_of
from edge.config.models import DeviceConfig
from edge.config.origin import PACKAGE_DEFAULTS, KeyPath, Origin
from edge.contract.phrases import preferred_language
from edge.contract.problems import Language, ProblemError

SYSTEM_FOLDER = Path("/etc/dongtou-edge")
"""What holds for every device of this image; `defaults.toml` says what holds for all of them."""

Settings = TypeVar("Settings", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """A checked configuration that knows where each of its values was written."""

    config: DeviceConfig
    file: Path
    origins: Mapping[KeyPath, Origin]
    language: Language

    def origin(self, *path: str | int) -> Origin:
        """Where the value at `path` was written: `origin("link", "brokers", 0, "host")`."""
        return self.origins.get(path, PACKAGE_DEFAULTS)


def load_config(path: Path, environment: Mapping[str, str], system_folder: Path = SYSTEM_FOLDER) -> LoadedConfig:
    """The configuration of the device described by `path`. Raises `ProblemError` config-invalid with every mistake."""
    language = preferred_language(dict(environment))
    layer = _layered(path.absolute(), environment, system_folder)
    try:
        config = DeviceConfig.model_validate(layer.values)
    except ValidationError as wrong:
        origins = {(): Origin(path.absolute()), **layer.origins}
        raise config_invalid(mistakes_in(wrong, DeviceConfig, origins), language) from wrong
    if disagreements := list(_disagreements(config, layer.origins)):
        raise config_invalid(disagreements, language)
    return LoadedConfig(anchored(config, layer.origins), path.absolute(), layer.origins, language)


def check_role(loaded: LoadedConfig, name: str, settings: type[Settings]) -> Settings:
    """The settings of the role `name`, as its own model reads them. Raises `ProblemError` config-invalid."""
    at = ("roles", name)
    try:
        checked = settings.model_validate(loaded.config.roles.get(name, {}))
    except ValidationError as wrong:
        origins = {(): Origin(loaded.file), **loaded.origins}
        raise config_invalid(mistakes_in(wrong, settings, origins, at), loaded.language) from wrong
    return anchored(checked, loaded.origins, at)


def check_cameras(loaded: LoadedConfig, role: str, wanted: Collection[str]) -> None:
    """Hold if the device has every camera the role wants. Raises `ProblemError` camera-unknown."""
    _check_known(loaded, role, wanted, ("camera", "camera-unknown"), [camera.name for camera in loaded.config.cameras])


def check_signs(loaded: LoadedConfig, role: str, wanted: Collection[str]) -> None:
    """The same for signs. Raises `ProblemError` sign-unknown."""
    _check_known(loaded, role, wanted, ("sign", "sign-unknown"), [sign.name for sign in loaded.config.signs])


def _check_known(
    loaded: LoadedConfig, role: str, wanted: Collection[str], named: tuple[str, str], known: Collection[str]
) -> None:
    what, code = named
    for name in sorted(wanted):
        if name not in known:
            origin = origin_of(_where_named(loaded.config.roles.get(role), what, name, ("roles", role)), loaded.origins)
            raise ProblemError(
                code,
                place=str(origin),
                file=str(origin.file) if origin.file else None,
                line=origin.line,
                role=role,
                near=closest(name, sorted(known)) or "–",
                known=", ".join(sorted(known)) or "–",
                **{what: name},
            )


def _where_named(settings: Any, what: str, name: str, at: KeyPath) -> KeyPath:  # noqa: ANN401  # any TOML value
    """Where a role's settings name it, under a key that speaks of such things; else the role's whole table."""
    places = [path for path in paths_below(settings, at) if any(what in str(step) for step in path[len(at) :])]
    return next((path for path in places if _value(settings, path[len(at) :]) == name), at)


def _value(values: Any, path: KeyPath) -> Any:  # noqa: ANN401  # any TOML value
    for step in path:
        values = values[step]
    return values


def _layered(path: Path, environment: Mapping[str, str], system_folder: Path) -> Layer:
    layer = default_layer()
    for file in [*sorted(system_folder.glob("*.toml")), path]:
        if file == path or file.resolve() != path.resolve():
            layer = over(layer, file_layer(file))
    return fill_templates(lay_environment(layer, environment, {*DeviceConfig.model_fields, *TEMPLATES}))


def _disagreements(config: DeviceConfig, origins: Mapping[KeyPath, Origin]) -> Iterator[Mistake]:
    """Values that are right alone and wrong together."""
    path: KeyPath
    for table, entries in (("cameras", config.cameras), ("signs", config.signs)):
        names = [entry.name for entry in entries]
        for number, name in enumerate(names):
            if name in names[:number]:
                path = (table, number, "name")
                yield Mistake(path, origin_of(path, origins), "twice", found=f'"{name}"')
    if config.link.backoff_max_s < config.link.backoff_min_s:
        path = ("link", "backoff_max_s")
        facts = {"other": "link.backoff_min_s"}
        yield Mistake(path, origin_of(path, origins), "not-below", facts, str(config.link.backoff_max_s))
