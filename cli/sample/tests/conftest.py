import pytest

from cli.sample.load import Federation, load_federation


@pytest.fixture(scope="session")
def federation() -> Federation:
    return load_federation()
