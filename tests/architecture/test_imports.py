# SPDX-License-Identifier: Apache-2.0
"""Who imports whom, and what an import costs. The contracts and their reasons are in pyproject.toml."""

import json
import subprocess
import sys

import pytest

from tests.architecture.tree import ROOT, SHIPPED, imported, python_files

HEAVY = {"cv2", "numpy", "onnxruntime", "PySide6", "serial"}


def test_contracts_are_kept() -> None:
    """The tree of imports is the one that pyproject.toml draws."""
    linter = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    verdict = subprocess.run([*linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


def test_contract_imports_pydantic_alone() -> None:
    """Beyond the standard library the contract needs pydantic only, whatever libraries are added one day."""
    allowed = {"edge", "pydantic", *sys.stdlib_module_names}
    names = {
        name.partition(".")[0]
        for path in python_files("edge")
        if path.parts[1] == "contract"
        for name in imported(path)
    }
    assert names <= allowed


@pytest.mark.parametrize("module", ["edge.agent.main", "edge.agent.wiring", "provisioning.cli"])
def test_starting_costs_no_eyes_and_no_screen(module: str) -> None:
    """Neither the agent nor the technician's tool pays for pictures, a screen or a serial port by merely starting."""
    assert HEAVY & _loaded_by(module) == set()


def test_contract_loads_nothing_else_of_ours() -> None:
    """Whoever imports the contract gets the contract, not the agent."""
    ours = {name for name in _loaded_by(*_modules_of("contract")) if name.partition(".")[0] in SHIPPED}
    assert {name for name in ours if not name.startswith("edge.contract")} == {"edge"}


def _modules_of(folder: str) -> list[str]:
    paths = [path for path in python_files("edge") if path.parts[1] == folder and path.name != "__init__.py"]
    return [".".join(path.with_suffix("").parts) for path in paths]


def _loaded_by(*modules: str) -> set[str]:
    """All that a fresh interpreter has loaded after importing these, with the top-level names by themselves."""
    missing = [name for name in modules if not (ROOT / name.replace(".", "/")).with_suffix(".py").exists()]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not written yet")
    programme = f"import json, sys\nimport {', '.join(modules)}\nprint(json.dumps(sorted(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", programme], capture_output=True, text=True, check=True)
    names: list[str] = json.loads(told.stdout)
    return {part for name in names for part in (name, name.partition(".")[0])}
