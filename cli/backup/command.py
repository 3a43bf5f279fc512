"""``tongban backup``, ``verify``, ``restore``, ``reconcile``: where the site is, and what is said of it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import typer

from cli import preflight
from cli.refusal import Refusal
from cli.site import Site
from kit.settings import ServiceSettings, SettingsError, load


def run_backup(site: Site, target: Path) -> int:
    """Backs the site up, running or not; the exit code: 1 when some file of it is damaged and missing in the archive."""
    from cli.backup.write import back_up

    settings = _present(site)
    os.umask(0o077)  # an archive holds people's data
    written = back_up(site, settings, target.absolute())
    typer.echo(f"{target}: {written.manifest.counts.summary()}; as of {written.manifest.taken_at}")
    typer.echo("Not in it, to be kept elsewhere:\n  " + "\n  ".join(written.manifest.not_included))
    for name in written.damaged:
        typer.echo(f"tongban: this file is damaged in the site and NOT in the backup: {name}", err=True)
    return 1 if written.damaged else 0


def run_reconcile(site: Site) -> int:
    """Draws up the books of a site, running or not; 0 when they balance."""
    from cli.reconcile import reconcile

    books = reconcile(_present(site))
    for line in books.lines():
        typer.echo(line)
    return 0 if books.balanced else 1


def run_verify(source: Path) -> int:
    """Reads the whole archive; 0 when it is sound."""
    from cli.backup.check import verify

    manifest = verify(source)
    typer.echo(
        f"{source}: sound. Site {manifest.site}, release {manifest.release}, as of {manifest.taken_at}\n"
        f"  {manifest.counts.summary()}"
    )
    return 0


def run_restore(site: Site, source: Path, *, other_secret: bool) -> int:
    """Restores into an empty site where nothing runs."""
    from cli.backup.restore import restore

    settings = _settings(site)
    os.umask(0o077)
    with _alone(site, settings):
        manifest = restore(site, settings, source, other_secret=other_secret)
        if settings.embedded:
            preflight.remember_files(site)
            site.restoring_file.unlink()
    typer.echo(f"restored: {manifest.counts.summary()}; as of {manifest.taken_at}")
    return 0


@contextlib.contextmanager
def _alone(site: Site, settings: ServiceSettings) -> Iterator[None]:
    """Nothing else runs on this folder; for a site on a cluster the operator sees to that."""
    if not settings.embedded:
        yield
        return
    site.create_folders()
    if site.restoring_file.exists():
        preflight.check_data(site)  # says why not
    with preflight.locked(site):
        yield


def _present(site: Site) -> ServiceSettings:
    """The settings of a site that is there. Raises ``Refusal``."""
    settings = _settings(site)
    if settings.embedded and not site.site_file.exists():
        raise Refusal(f"there is no site in {site.data}; is it the right folder? (--data)")
    return settings


def _settings(site: Site) -> ServiceSettings:
    """The settings of the site's own processes. Raises ``Refusal``."""
    try:
        settings = load(ServiceSettings)
        return load(ServiceSettings, {**os.environ, **site.environment()}) if settings.embedded else settings
    except SettingsError as error:
        raise Refusal(str(error), exit_code=2) from error
