"""The Store contract on MongoDB, with no test left out."""

from __future__ import annotations

from tests.contract.store_contract import StoreContract


class TestMongoStore(StoreContract):
    pass
