"""``tongban keys``: the keys of a site whose processes run apart, to be given to them as files.

Where one machine holds the whole site, ``tongban up`` makes them itself.
"""

from __future__ import annotations

import os

from cli.refusal import Refusal
from cli.site import Site


def make(site: Site) -> None:
    """Makes what isn't there yet; what is there stays, as everything signed and keyed with it would be lost.

    Raises ``Refusal`` when the folder can't be written.
    """
    os.umask(0o077)
    made = not site.private_key_file.exists() or not site.site_secret_file.exists()
    try:
        site.secret_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        site.create_keys()
    except OSError as error:
        raise Refusal(f"no keys can be made in {site.secret_dir}: {error.strerror}") from error
    print(f"tongban: the site's keys {'are' if made else 'were already'} in {site.secret_dir}:")
    print(f"  {site.private_key_file.name:<15} signs who acts; only the gateway and operators get it")
    print(f"  {site.public_key_file.name:<15} verifies that; every service gets it")
    print(f"  {site.site_secret_file.name:<15} keys persons; every service and the gateway get it; never replaced")
