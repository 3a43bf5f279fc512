"""RPCs of links."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kit.call import current_call
from services.relay.cards import (
    DIRECTIONS,
    STATES,
    acceptance_message,
    acceptance_of,
    card_message,
    card_of,
    change_messages,
    direction_of,
    limits_of,
    link_message,
    proposal_message,
    proposal_of,
)
from services.relay.domain.limits import Limits
from services.relay.domain.link import Approval, Link, LinkChanged
from services.relay.handlers import links
from services.relay.handlers.registry import Registry
from services.relay.queries import links as reads
from tongban.relay.v1 import links_pb2, site_pb2

_STATES = {number: state for state, number in STATES.items()}


class LinkRpcs:
    """Links and cards."""

    _registry: Registry

    def GetSiteCard(self, request: links_pb2.GetSiteCardRequest, context: Any) -> links_pb2.GetSiteCardResponse:
        card = self._registry.own().card
        return links_pb2.GetSiteCardResponse(card=card_message(card), fingerprint=card.fingerprint())

    def ListNeighbours(
        self, request: links_pb2.ListNeighboursRequest, context: Any
    ) -> links_pb2.ListNeighboursResponse:
        found = reads.list_neighbours(registry=self._registry, also=request.also)
        return links_pb2.ListNeighboursResponse(
            sites=[
                links_pb2.Neighbour(
                    site=each.site,
                    name=each.name,
                    direction=DIRECTIONS[each.direction] if each.direction else site_pb2.DIRECTION_UNSPECIFIED,
                )
                for each in found
            ]
        )

    def ListLinks(self, request: links_pb2.ListLinksRequest, context: Any) -> links_pb2.ListLinksResponse:
        found = reads.list_links(
            registry=self._registry,
            state=_STATES.get(request.state),
            limit=request.limit,
            cursor=request.cursor,
        )
        return links_pb2.ListLinksResponse(links=[link_message(link) for link in found.items], next_cursor=found.cursor)

    def GetLink(self, request: links_pb2.GetLinkRequest, context: Any) -> links_pb2.GetLinkResponse:
        link = reads.get_link(registry=self._registry, link_id=request.link_id, peer=request.peer)
        return links_pb2.GetLinkResponse(
            link=link_message(link), changes=change_messages(link), fingerprint=link.peer_card.fingerprint()
        )

    def ProposeLink(self, request: links_pb2.ProposeLinkRequest, context: Any) -> links_pb2.ProposeLinkResponse:
        link, proposal = links.propose_link(
            registry=self._registry,
            call=current_call(),
            card=card_of(request.card),
            fingerprint=request.fingerprint,
            direction=direction_of(request.direction),
            limits=_limits(request),
            approved_by=request.approved_by,
            reason=request.reason,
        )
        return links_pb2.ProposeLinkResponse(link=link_message(link), proposal=proposal_message(proposal))

    def AcceptLink(self, request: links_pb2.AcceptLinkRequest, context: Any) -> links_pb2.AcceptLinkResponse:
        link, acceptance = links.accept_proposal(
            registry=self._registry,
            call=current_call(),
            proposal=proposal_of(request.proposal),
            fingerprint=request.fingerprint,
            limits=_limits(request),
            approved_by=request.approved_by,
            reason=request.reason,
        )
        return links_pb2.AcceptLinkResponse(link=link_message(link), acceptance=acceptance_message(acceptance))

    def ConfirmLink(self, request: links_pb2.ConfirmLinkRequest, context: Any) -> links_pb2.ConfirmLinkResponse:
        link = links.confirm_acceptance(
            registry=self._registry,
            call=current_call(),
            acceptance=acceptance_of(request.acceptance),
            approved_by=request.approved_by,
            reason=request.reason,
        )
        return links_pb2.ConfirmLinkResponse(link=link_message(link))

    def SuspendLink(self, request: links_pb2.SuspendLinkRequest, context: Any) -> links_pb2.SuspendLinkResponse:
        return links_pb2.SuspendLinkResponse(link=link_message(self._changed(request, Link.suspended)))

    def ResumeLink(self, request: links_pb2.ResumeLinkRequest, context: Any) -> links_pb2.ResumeLinkResponse:
        return links_pb2.ResumeLinkResponse(link=link_message(self._changed(request, Link.resumed)))

    def RevokeLink(self, request: links_pb2.RevokeLinkRequest, context: Any) -> links_pb2.RevokeLinkResponse:
        return links_pb2.RevokeLinkResponse(link=link_message(self._changed(request, Link.revoked)))

    def SetLinkLimits(self, request: links_pb2.SetLinkLimitsRequest, context: Any) -> links_pb2.SetLinkLimitsResponse:
        limits = limits_of(request.limits)
        link = self._changed(request, lambda link, by: link.with_limits(limits, by))
        return links_pb2.SetLinkLimitsResponse(link=link_message(link))

    def LearnCard(self, request: links_pb2.LearnCardRequest, context: Any) -> links_pb2.LearnCardResponse:
        link = links.learn_card(
            registry=self._registry,
            call=current_call(),
            card=card_of(request.card),
            fingerprint=request.fingerprint,
            approved_by=request.approved_by,
            reason=request.reason,
        )
        return links_pb2.LearnCardResponse(link=link_message(link))

    def _changed(
        self,
        request: links_pb2.SuspendLinkRequest
        | links_pb2.ResumeLinkRequest
        | links_pb2.RevokeLinkRequest
        | links_pb2.SetLinkLimitsRequest,
        change: Callable[[Link, Approval], tuple[Link, LinkChanged]],
    ) -> Link:
        return links.change_link(
            registry=self._registry,
            call=current_call(),
            link_id=request.link_id,
            change=change,
            approved_by=request.approved_by,
            reason=request.reason,
            expected_version=request.expected_version,
        )


def _limits(request: links_pb2.ProposeLinkRequest | links_pb2.AcceptLinkRequest) -> Limits:
    limits: site_pb2.Limits = request.limits
    return limits_of(limits) if request.HasField("limits") else Limits()
