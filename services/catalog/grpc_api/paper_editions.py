"""Templates of papers: proto to use case and back."""

from __future__ import annotations

from typing import Any

from kit.call import current_call
from reference.protos import plain
from services.catalog.events.messages import struct
from services.catalog.events.paper_editions import edition_message
from services.catalog.handlers import paper_editions
from services.catalog.handlers.catalog import Catalog
from services.catalog.handlers.paper_editions import PaperTemplate
from tongban.catalog.v1 import paper_editions_pb2 as pb


class PaperEditionRpcs:
    """The RPCs of templates of papers."""

    _catalog: Catalog

    def DraftPaperEdition(self, request: pb.DraftPaperEditionRequest, context: Any) -> pb.DraftPaperEditionResponse:
        edition = paper_editions.draft_edition(
            catalog=self._catalog,
            call=current_call(),
            center_id=request.center_id,
            kind=request.kind,
            wording=plain(request.wording),
            layout=plain(request.layout),
            expected_version=request.expected_version,
        )
        return pb.DraftPaperEditionResponse(edition=edition_message(edition))

    def PublishPaperEdition(
        self, request: pb.PublishPaperEditionRequest, context: Any
    ) -> pb.PublishPaperEditionResponse:
        edition = paper_editions.publish_edition(
            catalog=self._catalog,
            call=current_call(),
            center_id=request.center_id,
            kind=request.kind,
            number=request.number,
            effective_on=request.effective_on,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return pb.PublishPaperEditionResponse(edition=edition_message(edition))

    def ListPaperTemplates(self, request: pb.ListPaperTemplatesRequest, context: Any) -> pb.ListPaperTemplatesResponse:
        found = paper_editions.list_templates(
            catalog=self._catalog, call=current_call(), center_id=request.center_id, kind=request.kind
        )
        return pb.ListPaperTemplatesResponse(templates=map(_template, found))

    def ListPaperEditions(self, request: pb.ListPaperEditionsRequest, context: Any) -> pb.ListPaperEditionsResponse:
        found = paper_editions.list_editions(
            catalog=self._catalog,
            call=current_call(),
            center_id=request.center_id,
            kind=request.kind,
            limit=request.limit,
            cursor=request.cursor,
        )
        return pb.ListPaperEditionsResponse(editions=map(edition_message, found.items), next_cursor=found.cursor)

    def GetPaperEdition(self, request: pb.GetPaperEditionRequest, context: Any) -> pb.GetPaperEditionResponse:
        edition = paper_editions.get_edition(
            catalog=self._catalog,
            call=current_call(),
            center_id=request.center_id,
            kind=request.kind,
            number=request.number,
        )
        return pb.GetPaperEditionResponse(edition=edition_message(edition))


def _template(template: PaperTemplate) -> pb.PaperTemplate:
    return pb.PaperTemplate(
        kind=template.kind,
        in_force=edition_message(template.in_force) if template.in_force is not None else None,
        upcoming=map(edition_message, template.upcoming),
        draft=edition_message(template.draft) if template.draft is not None else None,
        wording=struct(template.wording),
    )
