"""Papers with their seals and further prints over MongoDB and GridFS: given once, kept as they are, found by code and seal."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kit.blobs.gridfs import GridFsBlobs
from kit.call import Call
from kit.events import EventEncoder
from kit.testing import MONDAY, actor, seeded_ids
from reference import REFERENCE_KINDS
from reference.papers.shelf import SHELF_KINDS, Match, Sheet, Shelf
from reference.papers.testing import sample_seal, sample_shelf, words
from reference.testing import filled, set_seal
from tests.mongo.site import SERVICE, MongoHarness

TEMPLATE = """
#import "/reference/papers/official.typ": *
#show: official.with(data.title)
#data.words
#sealed(data.center_name, (year: 2026, month: 11, day: 23), "收件专用章")
"""


@pytest.fixture
def shelf(store_harness: MongoHarness, tmp_path: Path) -> Iterator[Shelf]:
    kept = store_harness.open((*SHELF_KINDS, *REFERENCE_KINDS))
    reference = filled(kept)
    set_seal(kept, sample_seal(), reference=reference)
    encoder = EventEncoder("local", SERVICE, {})
    made = sample_shelf(kept, tmp_path / "blobs", encoder, seeded_ids(), letter="n", seal=reference.seal)
    with closing(GridFsBlobs(store_harness.settings, SERVICE)) as blobs:
        yield replace(made, blobs=blobs, uses=replace(made.uses, blobs=blobs))


def test_a_sealed_paper_is_given_once_and_found_by_its_code_its_file_and_its_seal(shelf: Shelf, tmp_path: Path) -> None:
    template = tmp_path / "receipt.typ"
    template.write_text(TEMPLATE, encoding="utf-8")
    data = {
        "title": "收件凭证",
        "number": "610902收〔2026〕000001号",
        "center_name": "样例中心",
        "progress_url": "http://127.0.0.1:8080/c/x",
        "words": "收到申请书一份",
    }
    sheet = Sheet(
        id="paper-1",
        subject_id="a-1",
        center_id="610902",
        kind="receipt",
        title="收件凭证",
        number="610902收〔2026〕000001号",
        issued_at=MONDAY,
        office="样例中心",
        holder="张**",
        masked=False,
        template=template,
        data=data,
        seal_id="seal-1",
        issued_by="王小窗",
    )
    call = Call(actor("clerk"), MONDAY)
    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda _: shelf.original(call, sheet), range(4)))
    assert len({(paper.code, pdf) for paper, pdf in given}) == 1
    paper, pdf = given[0]
    assert "样章" not in words(pdf)
    _, copy, again = shelf.reprint(call, "a-1", paper.id, "遗失", remark="已退费")
    assert "已退费" in words(again)
    assert shelf.verified(paper.code, paper.sha256) == (paper, Match.ORIGINAL)
    assert shelf.verified("", copy.sha256) == (paper, Match.COPY)
    (use,) = shelf.sealed("610902", "seal-1", 10, "").items
    assert (use.id, use.seal_sha256) == (paper.id, sample_seal().sha256)
