"""``tongban relay``: what travels between this site and others. One module a group of commands."""

from __future__ import annotations

import typer

from cli.relay import anchoring, bundles, history, operating, reconciling

app = typer.Typer(no_args_is_help=True, help="The relay: what travels between this site and others.")
bundles.add_to(app)
operating.add_to(app)
history.add_to(app)
reconciling.add_to(app)
anchoring.add_to(app)
