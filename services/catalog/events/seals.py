"""Seals as messages."""

from __future__ import annotations

import base64

from kit.timestamps import to_timestamp
from services.catalog.domain.seals import Seal
from tongban.catalog.v1 import seals_pb2 as pb


def seal_message(seal: Seal, *, picture: bool = True) -> pb.Seal:
    """A seal, with its picture or without."""
    return pb.Seal(
        id=seal.id,
        center_id=seal.center_id,
        department_key=seal.department_key,
        name=seal.name,
        image=base64.b64decode(seal.image) if picture else b"",
        sha256=seal.sha256,
        kinds=seal.kinds,
        roles=seal.roles,
        registered_by=seal.registered_by,
        registered_at=to_timestamp(seal.registered_at),
        withdrawn_at=to_timestamp(seal.withdrawn_at),
        withdrawn_by=seal.withdrawn_by,
        withdrawal_reason=seal.withdrawal_reason,
        version=seal.version,
    )
