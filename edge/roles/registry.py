# SPDX-License-Identifier: Apache-2.0
"""Roles by name. Import strings: a device loads only what it runs. Outside roles give `module:attribute`."""

from difflib import get_close_matches
from importlib import import_module

from edge.config.origin import dotted
from edge.contract.problems import ProblemError
from edge.roles.role import AnyRole, RoleSpec

ROLES = {
    "crowd": "edge.roles.crowd.role:ROLE",
    "illegal_parking": "edge.roles.illegal_parking.role:ROLE",
    "parking": "edge.roles.parking.role:ROLE",
    "port_watch": "edge.roles.port_watch.role:ROLE",
    "spill": "edge.roles.spill.role:ROLE",
    "traffic_flow": "edge.roles.traffic_flow.role:ROLE",
}


def load_role(name: str) -> AnyRole:
    """The role of that name, or at that import path. Raises `ProblemError` role-unknown, placed by its key."""
    path = ROLES.get(name, name)
    module, _, attribute = path.partition(":")
    try:
        role = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as wrong:
        raise _unknown(name, str(wrong)) from wrong
    if not isinstance(role, RoleSpec):
        raise _unknown(name, f"{path} is no role")
    return role


def _unknown(name: str, reason: str) -> ProblemError:
    near = ", ".join(get_close_matches(name, ROLES, n=1)) or "–"
    known = ", ".join(sorted(ROLES))
    return ProblemError("role-unknown", place=dotted(("roles", name)), role=name, near=near, known=known, reason=reason)
