"""The Pieces contract on MongoDB, with no test left out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kit.blobs.pieces import Pieces
from kit.blobs.pieces_gridfs import GridFsPieces
from kit.store.mongo.settings import MongoSettings
from tests.contract.pieces_contract import PiecesContract
from tests.mongo.site import SERVICE, database_of, fresh_prefix, settings_of


class GridFsHarness:
    def __init__(self, settings: MongoSettings) -> None:
        self._settings = settings
        self._opened: list[GridFsPieces] = []

    def open(self) -> Pieces:
        self._opened.append(GridFsPieces(self._settings, SERVICE))
        return self._opened[-1]

    def close(self) -> None:
        for pieces in self._opened:
            pieces.close()
        with database_of(self._settings) as database:
            database.client.drop_database(database.name)


@pytest.fixture
def pieces_harness(mongo_address: str) -> Iterator[GridFsHarness]:
    harness = GridFsHarness(settings_of(mongo_address, fresh_prefix()))
    yield harness
    harness.close()


class TestGridFsPieces(PiecesContract):
    pass
