"""Files are read by the site that they are for alone; a day's quota outlives a restart."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kit.actor import service_actor
from kit.blobs.files import FileBlobs
from kit.blobs.pieces_files import FilePieces
from kit.blobs.uses import KEPT_FILES, USES_KINDS, KeptFile, Uses
from kit.call import Call
from kit.clock import FixedClock
from kit.errors import Invalid, TongbanError
from kit.events import EventEncoder
from kit.sealing import NotSealedForUs
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import seeded_ids
from services.relay.domain.files import LinkFile, Wish
from services.relay.domain.known_site import KnownSite
from services.relay.domain.letter import Attachment, Letter
from services.relay.domain.limits import Limits
from services.relay.domain.quota import Bucket, QuotaExhausted
from services.relay.handlers.attachments import FILES, Files
from services.relay.handlers.quotas import count_file, used_today
from services.relay.handlers.sealing import Sealing, Seals, opened, sealed_for
from services.relay.tests.trust_sites import ANKANG, HANBIN, SICHUAN, TrustSite, fixed_clock, linked, trust_site

CONTENT = b"papers of an applicant " * 10_000


@pytest.fixture
def clock() -> FixedClock:
    return fixed_clock()


@pytest.fixture
def pair(tmp_path: Path, clock: FixedClock) -> tuple[TrustSite, TrustSite]:
    one, other = trust_site(tmp_path, HANBIN, clock), trust_site(tmp_path, SICHUAN, clock)
    linked(one, other, limits=Limits(letters_per_minute=60, attachment_bytes_per_day=1000))
    return one, other


def seal(one: TrustSite, site: str = SICHUAN, content: bytes = CONTENT) -> tuple[Attachment, bytes]:
    with sealed_for(one.registry, one.call, site, [content], max_bytes=1 << 20) as sealed:
        data = b"".join(sealed.content)
    named = Attachment(sealed.sha256, sealed.size, "application/pdf", "a.pdf", sealed.sealed_key, sealed.plain_sha256)
    return named, data


def test_a_file_is_read_by_the_site_that_it_is_for(pair: tuple[TrustSite, TrustSite]) -> None:
    one, other = pair
    named, data = seal(one)
    assert (named.size, named.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert CONTENT[:20] not in data
    assert b"".join(opened(other.registry, named, [data])) == CONTENT


def test_no_other_site_reads_it_nor_its_writer(pair: tuple[TrustSite, TrustSite], tmp_path: Path) -> None:
    one, _ = pair
    hub = trust_site(tmp_path, ANKANG, one.clock)
    named, data = seal(one)
    for site in (one, hub):
        with pytest.raises(NotSealedForUs, match="seal_not_ours"):
            list(opened(site.registry, named, [data]))


def test_a_file_on_its_way_is_read_after_a_rotation(pair: tuple[TrustSite, TrustSite], clock: FixedClock) -> None:
    one, other = pair
    named, data = seal(one)
    other.ring.rotate(clock.now())
    clock.advance(timedelta(days=365))
    assert b"".join(opened(other.registry, named, [data])) == CONTENT


def test_a_damaged_file_or_one_that_is_not_what_was_said_is_found_out(pair: tuple[TrustSite, TrustSite]) -> None:
    one, other = pair
    named, data = seal(one)
    for attachment, content in [
        (named, data[:-1]),
        (named, data[:100] + b"x" + data[101:]),
        (replace(named, plain_sha256="0" * 64), data),
        (replace(named, sealed_key=named.sealed_key[:-1]), data),
    ]:
        with pytest.raises(NotSealedForUs):
            list(opened(other.registry, attachment, [content]))


def test_an_open_file_is_as_it_is(pair: tuple[TrustSite, TrustSite]) -> None:
    assert list(opened(pair[1].registry, Attachment("0" * 64, 1, "text/plain", "a.txt"), [b"a", b"b"])) == [b"a", b"b"]


@pytest.mark.parametrize(
    ("site", "content", "code"),
    [
        (ANKANG, b"x", "site_unknown"),
        (SICHUAN, b"", "attachment_empty"),
        (SICHUAN, bytes(2 << 20), "attachment_too_large"),
    ],
)
def test_what_cannot_be_sealed_is_refused(
    pair: tuple[TrustSite, TrustSite], site: str, content: bytes, code: str
) -> None:
    with pytest.raises(TongbanError, match=code):
        seal(pair[0], site, content)


def test_a_site_without_a_sealing_key_gets_no_sealed_files(
    pair: tuple[TrustSite, TrustSite], clock: FixedClock
) -> None:
    one, other = pair
    other.ring.issue(replace(other.ring.card, sealing_keys=(), serial=2))
    link = one.registry.link_with(SICHUAN)
    assert link is not None
    one.registry.links.save(replace(link, peer_card=other.ring.card), [], one.call)
    with pytest.raises(TongbanError, match="sealing_key_unknown"):
        seal(one)


# ── Quotas ───────────────────────────────────────────────────────────────────────────────────────────────────────


def link_of(site: TrustSite) -> str:
    return site.registry.active_links()[0].id


def test_a_days_bytes_are_counted_through_a_restart_and_end_at_midnight_in_beijing(
    pair: tuple[TrustSite, TrustSite], clock: FixedClock
) -> None:
    one, _ = pair
    link = link_of(one)
    count_file(one.registry, one.call, link, 600)
    again = replace(one.registry)  # as after a restart: nothing is remembered
    with pytest.raises(QuotaExhausted) as refused:
        count_file(again, one.call, link, 401)
    assert int(refused.value.details["retry_after_seconds"]) == 14 * 3600 + 1  # it is 10:00
    count_file(again, one.call, link, 400)
    assert used_today(again, one.call, link) == 1000
    clock.advance(timedelta(hours=13, minutes=59))
    with pytest.raises(QuotaExhausted):
        count_file(again, one.call, link, 1)
    clock.advance(timedelta(minutes=1))
    assert used_today(again, one.call, link) == 0
    count_file(again, one.call, link, 1000)


def test_a_link_without_a_limit_counts_nothing(pair: tuple[TrustSite, TrustSite]) -> None:
    one, _ = pair
    link = one.registry.links.get(link_of(one))
    one.registry.links.save(replace(link, limits=Limits()), [], one.call)
    count_file(one.registry, one.call, link.id, 1 << 40)
    assert used_today(one.registry, one.call, link.id) == 0


def test_letters_are_taken_at_the_links_rate() -> None:
    limits, now = Limits(letters_per_minute=60), fixed_clock().now()
    bucket, granted = Bucket.full(limits, now).take(limits, 100, now)
    assert granted == 60
    bucket, granted = bucket.take(limits, 100, now + timedelta(seconds=10))
    assert granted == 10
    bucket, granted = bucket.take(limits, 100, now - timedelta(hours=1))
    assert granted == 0, "a clock that goes back gives nothing"
    _, granted = bucket.take(limits, 100, now + timedelta(hours=1))
    assert granted == 60, "no more than a minute's worth is saved up"


def test_without_a_rate_all_are_taken() -> None:
    now = fixed_clock().now()
    assert Bucket.full(Limits(), now).take(Limits(), 10_000, now)[1] == 10_000


def test_no_limits_are_below_zero() -> None:
    with pytest.raises(Invalid):
        Limits(attachment_bytes_per_day=-1).require_sound()


# ── Letters ──────────────────────────────────────────────────────────────────────────────────────────────────────


def files_of(site: TrustSite, folder: Path) -> Files:
    store, blobs = SqliteStore(folder / "files.db", [FILES, *USES_KINDS]), FileBlobs(folder / "blobs")
    encoder, ids = EventEncoder(site.id, "relay", {}), seeded_ids()
    uses = Uses("relay", Repository(store, KEPT_FILES, KeptFile, encoder, ids), blobs, grace=None)
    return Files(Repository(store, FILES, LinkFile, encoder, ids), blobs, FilePieces(folder / "pieces"), uses)


@pytest.fixture
def sealings(pair: tuple[TrustSite, TrustSite], tmp_path: Path) -> list[Sealing]:
    made = []
    for site in pair:
        folder = tmp_path / f"files-{site.id}"
        folder.mkdir()
        made.append(Sealing(site.registry, files_of(site, folder), Seals.ALWAYS))
    return made


def letter_with_file(sealing: Sealing) -> Letter:
    digest = hashlib.sha256(CONTENT).hexdigest()
    sealing.files.keep(Call(service_actor("relay"), fixed_clock().now()), digest, [CONTENT], max_bytes=1 << 20)
    named = Attachment(digest, len(CONTENT), "application/pdf", "a.pdf")
    return Letter(
        "id", HANBIN, SICHUAN, "crossing.submitted", 1, "j-1", fixed_clock().now(), b"x", attachments=(named,)
    )


def test_a_letters_file_travels_sealed_and_is_plain_where_it_is_for(
    pair: tuple[TrustSite, TrustSite], sealings: list[Sealing]
) -> None:
    here, there = sealings
    link = pair[0].registry.active_links()[0]
    plain = letter_with_file(here)
    sealed = here.seal(pair[0].call, link, plain)
    (named,) = sealed.attachments
    assert named.plain_sha256 == plain.attachments[0].sha256
    assert here.seal(pair[0].call, link, sealed) == sealed, "sealed once"
    there.files.keep(pair[1].call, named.sha256, here.files.read(named.sha256), max_bytes=1 << 20)
    for _ in range(2):
        there.unseal(pair[1].call, link.id, sealed)
    assert b"".join(there.files.read(named.plain_sha256)) == CONTENT


@pytest.mark.parametrize(
    ("policy", "destination", "sealed"),
    [
        (Seals.NEVER, SICHUAN, False),
        (Seals.FAR, SICHUAN, False),
        (Seals.ALWAYS, SICHUAN, True),
        (Seals.FAR, ANKANG, True),
    ],
)
def test_the_policy_says_whose_files_are_sealed(
    pair: tuple[TrustSite, TrustSite],
    sealings: list[Sealing],
    tmp_path: Path,
    policy: Seals,
    destination: str,
    sealed: bool,
) -> None:
    one, _ = pair
    far = trust_site(tmp_path, ANKANG, one.clock)
    known = KnownSite(ANKANG, far.ring.card, SICHUAN, one.clock.now())
    one.registry.sites.create(known, [], one.call)
    letter = replace(letter_with_file(sealings[0]), destination=destination)
    link = one.registry.active_links()[0]
    made = replace(sealings[0], policy=policy).seal(one.call, link, letter)
    assert bool(made.attachments[0].sealed_key) is sealed


@pytest.mark.parametrize("wish", [Wish.WHERE_POSSIBLE, Wish.REQUIRED], ids=str)
def test_what_was_agreed_on_seals_what_the_site_would_send_open(
    pair: tuple[TrustSite, TrustSite], sealings: list[Sealing], wish: Wish
) -> None:
    never = replace(sealings[0], policy=Seals.NEVER)
    made = never.seal(pair[0].call, pair[0].registry.active_links()[0], letter_with_file(sealings[0]), wish)
    assert made.attachments[0].sealed_key


def test_without_a_key_of_the_other_site_files_travel_open_only_where_that_was_agreed_on(
    pair: tuple[TrustSite, TrustSite], sealings: list[Sealing]
) -> None:
    one, other = pair
    link = one.registry.active_links()[0]
    other.ring.issue(replace(other.ring.card, sealing_keys=(), serial=2))
    one.registry.links.save(replace(link, peer_card=other.ring.card), [], one.call)
    never = replace(sealings[0], policy=Seals.NEVER)
    letter = letter_with_file(sealings[0])
    assert never.seal(one.call, link, letter, Wish.WHERE_POSSIBLE) == letter
    with pytest.raises(TongbanError, match="sealing_key_unknown"):
        never.seal(one.call, link, letter, Wish.REQUIRED)


def test_files_for_a_site_that_nobody_knows_do_not_leave_open(
    pair: tuple[TrustSite, TrustSite], sealings: list[Sealing]
) -> None:
    letter = replace(letter_with_file(sealings[0]), destination=ANKANG)
    link = pair[0].registry.active_links()[0]
    with pytest.raises(TongbanError, match="site_unknown"):
        replace(sealings[0], policy=Seals.FAR).seal(pair[0].call, link, letter)


def test_a_sealed_file_of_another_is_not_kept_open(pair: tuple[TrustSite, TrustSite], sealings: list[Sealing]) -> None:
    here, _ = sealings
    link = pair[0].registry.active_links()[0]
    sealed = here.seal(pair[0].call, link, letter_with_file(here))
    named = replace(sealed.attachments[0], plain_sha256="0" * 64)
    with pytest.raises(NotSealedForUs, match="seal_not_ours"):
        here.unseal(pair[0].call, link.id, replace(sealed, attachments=(named,)))
    assert not here.files.blobs.has("0" * 64)
