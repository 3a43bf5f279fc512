"""Proto to use case and back: one class a subject, joined in ``RelayApi``."""

from __future__ import annotations

from pathlib import Path

from services.relay.grpc_api.anchoring import AnchorRpcs
from services.relay.grpc_api.bundles import BundleRpcs
from services.relay.grpc_api.files import FileRpcs
from services.relay.grpc_api.history import HistoryRpcs
from services.relay.grpc_api.links import LinkRpcs
from services.relay.grpc_api.operating import OperatingRpcs
from services.relay.grpc_api.reconciling import ReconcileRpcs
from services.relay.handlers.anchoring import Anchoring
from services.relay.handlers.attachments import Files
from services.relay.handlers.bundles import Bundles
from services.relay.handlers.contacts import Contacts
from services.relay.handlers.desk import Desk
from services.relay.handlers.reconciling import Reconciling
from services.relay.handlers.registry import Registry
from tongban.relay.v1 import service_pb2_grpc


class RelayApi(
    LinkRpcs,
    FileRpcs,
    OperatingRpcs,
    BundleRpcs,
    HistoryRpcs,
    ReconcileRpcs,
    AnchorRpcs,
    service_pb2_grpc.RelayServiceServicer,
):
    """Serves relay's RPCs."""

    def __init__(
        self,
        registry: Registry,
        files: Files,
        desk: Desk,
        contacts: Contacts,
        bundles: Bundles,
        reconciling: Reconciling,
        anchoring: Anchoring,
        folder: Path,
    ) -> None:
        """``folder``: where bundles stand while they are made or read."""
        self._registry = registry
        self._files = files
        self._desk = desk
        self._contacts = contacts
        self._bundles = bundles
        self._reconciling = reconciling
        self._anchoring = anchoring
        self._folder = folder
