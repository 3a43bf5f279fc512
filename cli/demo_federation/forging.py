"""What somebody without a site's key would try: a file that says it comes from that site."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

from cli.demo_federation.sites import Unexpected
from kit.clock import from_ms, to_ms
from kit.signing import RawSigner, generate_key
from services.relay import bundle
from services.relay.handlers.identity import IdentityFolder


def forge_bundle(template: Path, target: Path, destination_folder: Path) -> None:
    """A bundle in the name of the sender of ``template``, for the same site, signed with a key that isn't the sender's.

    It is sealed as it has to be: the destination's sealing key stands on its card, which anybody may have.
    """
    with template.open("rb") as file:
        opened = bundle.read(file)
    identity = IdentityFolder(destination_folder).current()
    if identity is None:
        raise Unexpected(f"{destination_folder} has no identity")
    private, _ = generate_key()
    forged = io.BytesIO()
    bundle.write(
        forged,
        link=opened.link,
        from_site=opened.from_site,
        to_site=opened.to_site,
        now=from_ms(to_ms(datetime.now(UTC))),
        to=identity.card.sealing_keys[-1],
        frames=[],
        key_id=opened.key_id,
        sign=RawSigner(private).sign,
    )
    target.write_bytes(forged.getvalue())
