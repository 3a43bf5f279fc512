"""``tongban user add`` and ``tongban center add``: the first account of a site without a sample, and its center."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from cli.refusal import Refusal
from cli.site import Site

users = typer.Typer(no_args_is_help=True, help="Accounts of staff.")
centers = typer.Typer(no_args_is_help=True, help="Centers of the site.")

Data = Annotated[Path | None, typer.Option("--data", help="The site's data folder (TONGBAN_DATA, else .data).")]
LEVELS = ("province", "city", "county", "township", "village")
ROLES = ("clerk", "chief", "reviewer", "approver", "supervisor", "manager", "admin", "archivist")


@users.callback()
def _users() -> None:
    """Accounts of staff."""


@centers.callback()
def _centers() -> None:
    """Centers of the site."""


@users.command("add")
def add_user(
    username: str,
    center: Annotated[str, typer.Option(help="The center's code, e.g. 610902.")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[list[str], typer.Option(help=f"One of {', '.join(ROLES)}; may be repeated.")],
    department: Annotated[str, typer.Option(help="The department's key, if any.")] = "",
    badge: Annotated[str, typer.Option(help="The badge number, if any.")] = "",
    contracted: Annotated[bool, typer.Option(help="Hired or dispatched, not 在编.")] = False,
    data: Data = None,
) -> None:
    """Add an account; its first password is shown once and must be changed at the first sign-in."""
    from cli.operator import Operator, require_running
    from tongban.access.v1.access_pb2 import Role
    from tongban.workforce.v1 import messages_pb2
    from tongban.workforce.v1.service_pb2 import AddStaffRequest

    unknown = [one for one in role if one not in ROLES]
    if unknown:
        raise Refusal(f"no such role: {', '.join(unknown)}; there are {', '.join(ROLES)}.", exit_code=2)
    site = Site.at(data)
    require_running(site)
    operator = Operator(site)
    password = first_password()
    staff = messages_pb2.Staff(
        username=username,
        name=name,
        badge_number=badge,
        center_id=center,
        department_key=department,
        roles=[Role.Value(f"ROLE_{one.upper()}") for one in role],
        employment=messages_pb2.EMPLOYMENT_CONTRACTED if contracted else messages_pb2.EMPLOYMENT_ESTABLISHED,
    )
    request = AddStaffRequest(staff=staff, password=password)
    # The key makes a call that was sent again the same call: it is not refused as a username that is taken.
    operator.ask(operator.workforce.AddStaff, request, centers=[center], key=secrets.token_hex())
    typer.echo(f"{username} was added; the first password is {password} and must be changed at the first sign-in.")


@centers.command("add")
def add_center(
    code: Annotated[str, typer.Argument(help="GB/T 2260, nine digits for a township.")],
    name: str,
    level: Annotated[str, typer.Option(help=f"One of {', '.join(LEVELS)}.")],
    parent: Annotated[str, typer.Option(help="The code of the center above, if any.")] = "",
    data: Data = None,
) -> None:
    """Add a center; its departments, lanes and windows follow through the API."""
    from cli.operator import Operator, require_running
    from tongban.catalog.v1 import messages_pb2
    from tongban.catalog.v1.service_pb2 import PutCenterRequest

    if level not in LEVELS:
        raise Refusal(f"no such level: {level}; there are {', '.join(LEVELS)}.", exit_code=2)
    site = Site.at(data)
    require_running(site)
    operator = Operator(site)
    center = messages_pb2.Center(
        id=code, name=name, level=messages_pb2.CenterLevel.Value(f"CENTER_LEVEL_{level.upper()}"), parent_id=parent
    )
    reach = [code, *([parent] if parent else [])]
    operator.ask(operator.catalog.PutCenter, PutCenterRequest(center=center), centers=reach)
    typer.echo(f"{code} {name} was added.")


def first_password() -> str:
    """Sixteen random characters of four kinds: any password rule of a center lets it pass that allows its length."""
    return f"Tb-{secrets.token_hex(6)}-7X"
