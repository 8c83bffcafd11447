# SPDX-License-Identifier: Apache-2.0
"""Roles by name. Import strings: a device loads only what it runs. Outside roles give `module:attribute`."""

from importlib import import_module

from edge.contract.problems import ProblemError
from edge.roles.role import RoleSpec

ROLES = {
    "illegal_parking": "edge.roles.illegal_parking.role:ROLE",
}


def load_role(name: str) -> RoleSpec:
    """The role of that name, or at that import path. Raises `ProblemError` role-unknown."""
    path = ROLES.get(name, name)
    module, _, attribute = path.partition(":")
    try:
        role = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as wrong:
        raise ProblemError("role-unknown", role=name, known=", ".join(sorted(ROLES)), reason=str(wrong)) from wrong
    if not isinstance(role, RoleSpec):
        raise ProblemError("role-unknown", role=name, known=", ".join(sorted(ROLES)), reason=f"{path} is no role")
    return role
