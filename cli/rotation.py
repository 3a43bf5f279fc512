"""``tongban rotate-key``: follows the key that signs actor tokens by a new one, in three steps, so that no request fails.

Between two steps every process that reads the changed file is started anew. ``prepare`` lets the services accept the
next key as well, ``switch`` lets the gateway sign with it, ``finish`` lets the services forget the old one. Each step may
be repeated. See docs/operations/keys.md.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from cli.refusal import Refusal
from cli.site import Site, write_durably

app = typer.Typer(no_args_is_help=True, help="Follows the key that signs actor tokens by a new one.")

Data = Annotated[Path | None, typer.Option("--data", help="The site's data folder (TONGBAN_DATA, else .data).")]


@app.command()
def prepare(data: Data = None) -> None:
    """Make the next pair; from the services' next start on they accept both."""
    from kit.signing import generate_key, public_of

    site = _site(data)
    if not site.next_private_key_file.exists():
        private, _ = generate_key()
        write_durably(site.next_private_key_file, private)
    current, following = _private(site.private_key_file), _private(site.next_private_key_file)
    write_durably(site.public_key_file, public_of(current) + public_of(following))
    _done(site, "prepared", "start every service anew, then `tongban rotate-key switch`")


@app.command()
def switch(data: Data = None) -> None:
    """Make the next key the one that signs, from the gateway's next start on."""
    from kit.signing import public_of

    site = _site(data)
    if not site.next_private_key_file.exists():
        raise Refusal("there is no next key; begin with `tongban rotate-key prepare`.")
    if public_of(_private(site.next_private_key_file)) not in site.public_key_file.read_text(encoding="utf-8"):
        raise Refusal("the services don't know the next key; run `tongban rotate-key prepare` once more.")
    os.replace(site.next_private_key_file, site.private_key_file)
    _done(site, "switched", "start the gateway anew, wait two minutes, then `tongban rotate-key finish`")


@app.command()
def finish(data: Data = None) -> None:
    """Forget the old key; from the services' next start on its tokens are refused."""
    from kit.signing import public_of

    site = _site(data)
    if site.next_private_key_file.exists():
        raise Refusal("the next key doesn't sign yet; `tongban rotate-key switch` first.")
    write_durably(site.public_key_file, public_of(_private(site.private_key_file)))
    _done(site, "finished", "start every service anew; then the old key opens nothing any more")


def _site(data: Path | None) -> Site:
    site = Site.at(data)
    if not site.private_key_file.exists():
        raise Refusal(f"there is no key {site.private_key_file}; `tongban up` or `tongban keys` makes a site's first.")
    return site


def _private(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Refusal(f"{path} can't be read: {error.strerror}; run this as the user that runs the site.") from error


def _done(site: Site, step: str, following: str) -> None:
    from cli.operator import audit

    audit(site, f"actor_key_{step}", {})
    typer.echo(f"tongban: {step}; now {following}.")
