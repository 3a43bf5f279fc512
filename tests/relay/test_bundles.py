"""Sites without a line: a sealed file, carried by hand, in any order, any number of times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from kit.actor import Actor, TokenSigner
from kit.errors import TongbanError
from kit.rpc.client import connect, invoke_stream_in, invoke_stream_out
from services.relay.domain.link import Direction
from tests.relay.polling import until
from tests.relay.relay_site import RelaySite, link, remove, short_folder
from tongban.relay.v1 import service_pb2, service_pb2_grpc

pytestmark = pytest.mark.fault
FULL_NAME = "tongban.relay.v1.RelayService"
TOWN, COUNTY, STRANGER = "610902109.hengkou", "610902.hanbin", "511681.huaying"


class Operator:
    """The operator's calls to one site's relay."""

    def __init__(self, site: RelaySite, link: str) -> None:
        self.site, self.link = site, link
        self.channel: grpc.Channel = connect(f"unix:{site.folder / 'run/relay.sock'}", FULL_NAME)
        self._stub = service_pb2_grpc.RelayServiceStub(self.channel)

    @property
    def _token(self) -> str:
        signer = TokenSigner((self.site.data / "secrets/actor.pem").read_text(), issuer="operator")
        return signer.sign(Actor("operator:wang", "王五", frozenset({"admin"}), frozenset()))

    def export(self, *, everything: bool = False) -> bytes:
        request = service_pb2.ExportBundleRequest(link_id=self.link, everything=everything)
        answers = invoke_stream_out(self._stub.ExportBundle, request, token=self._token)
        return b"".join(answer.chunk for answer in answers)  # type: ignore[attr-defined]

    def take(self, bundle: bytes) -> service_pb2.BundleTold:
        def chunks() -> Iterator[service_pb2.ImportBundleRequest]:
            for start in range(0, len(bundle), 100_000):
                yield service_pb2.ImportBundleRequest(chunk=bundle[start : start + 100_000])

        answer = invoke_stream_in(self._stub.ImportBundle, chunks(), token=self._token)
        assert isinstance(answer, service_pb2.ImportBundleResponse)
        return answer.told

    def refuses(self, bundle: bytes) -> str:
        with pytest.raises(TongbanError) as refused:
            self.take(bundle)
        return refused.value.code

    def post(self, other: Operator, payloads: list[bytes], **changes: object) -> list[str]:
        """Posts letters and waits until they are in the lane."""
        before = self.take_count()
        ids = self.site.post(other.site.site, payloads, **changes)  # type: ignore[arg-type]
        until(lambda: self.take_count() >= before + len(ids))
        return ids

    def take_count(self) -> int:
        """How many letters the link's lane holds, as a bundle of everything tells."""
        request = service_pb2.ExportBundleRequest(link_id=self.link, everything=True)
        told = [
            each.told.last  # type: ignore[attr-defined]
            for each in invoke_stream_out(self._stub.ExportBundle, request, token=self._token)
        ]
        return int(told[-1])

    def arrived(self) -> list[str]:
        return [each.id for each in self.site.look().arrived]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = short_folder()
    yield made
    remove(made)


@pytest.fixture(scope="module")
def sites(folder: Path) -> Iterator[tuple[Operator, Operator, Operator]]:
    """A township, its county, and a stranger; none has a line to another."""
    town, county, stranger = (
        RelaySite.made(folder / site[-4:], site, listens=False) for site in (TOWN, COUNTY, STRANGER)
    )
    joined = link(town, county, Direction.PARENT)
    apart = link(stranger, county, Direction.PARTNER)
    for site in (town, county, stranger):
        site.start()
    for site in (town, county, stranger):
        site.ready()
    operators = (Operator(town, joined), Operator(county, joined), Operator(stranger, apart))
    yield operators
    for each in operators:
        each.channel.close()
        each.site.close()


def test_bundles_in_any_order_and_any_number_of_times_have_one_effect(
    sites: tuple[Operator, Operator, Operator],
) -> None:
    town, county, _ = sites
    content = b"%PDF-1.7 " + bytes(range(256)) * 2000
    ids = town.post(county, [b"1", b"2"], attachments=[town.site.keep(content)])
    first = town.export()
    ids += town.post(county, [b"3", b"4"])
    second = town.export(everything=True)
    ids += town.post(county, [b"5"])
    third = town.export()
    # A bundle that begins behind what is here is held, and has its effect when the gap is closed.
    assert county.take(first).files == 1
    county.take(third)
    county.take(second)
    county.take(first)
    county.take(third)
    until(lambda: len(county.arrived()) >= 5)
    assert sorted(county.arrived()) == sorted(ids)
    # The first two wait for their file, each by itself; nobody waits for them.
    assert [each for each in county.arrived() if each not in ids[:2]] == ids[2:]
    sha256 = town.site.keep(content).sha256
    assert (county.site.data / "blobs/relay" / sha256[:2] / sha256).read_bytes() == content
    # Its answer says how far it has come, so the next file holds only what is new, and receipts come with it.
    town.take(county.export())
    until(lambda: len(town.site.look().settled) >= 5)
    assert {each.letter_id for each in town.site.settled} == set(ids)
    assert len(town.export()) < len(third)


def test_a_bundle_is_for_its_destination_alone(sites: tuple[Operator, Operator, Operator]) -> None:
    town, county, stranger = sites
    secret = "不得外传".encode() * 20
    town.post(county, [secret])
    bundle = town.export()
    assert secret not in bundle
    assert stranger.refuses(bundle) == "bundle_for_another_site"
    assert town.refuses(bundle) == "bundle_for_another_site"


def test_a_changed_or_cut_bundle_is_refused_whole(sites: tuple[Operator, Operator, Operator]) -> None:
    town, county, _ = sites
    town.post(county, [b"changed"])
    bundle = town.export()
    before = county.arrived()
    changed = bytearray(bundle)
    changed[len(bundle) // 2] ^= 1
    assert county.refuses(bytes(changed)) == "signature_wrong"
    for end in (0, 10, 60, len(bundle) // 2, len(bundle) - 1):
        assert county.refuses(bundle[:end]) in ("bundle_malformed", "signature_wrong")
    assert county.refuses(bundle[:-4] + bytes(4)) == "bundle_malformed", "its seal has a length of nothing"
    assert county.arrived() == before


def test_a_bundle_that_a_neighbour_did_not_sign_is_refused(sites: tuple[Operator, Operator, Operator]) -> None:
    """The stranger's own bundle, with the town's name put over its own."""
    _, county, stranger = sites
    forged = stranger.export().replace(STRANGER.encode(), TOWN[: len(STRANGER)].encode())
    assert county.refuses(forged) in ("bundle_of_another_site", "signature_wrong", "bundle_malformed")
