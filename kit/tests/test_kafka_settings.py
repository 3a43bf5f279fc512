"""What one may tell the bus about its Kafka, and what is refused; no broker is asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kit.bus.kafka.settings import KafkaSettings
from kit.settings import SettingsError, load

SASL = {"TONGBAN_KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "TONGBAN_KAFKA_USERNAME": "site"}


def test_nothing_has_to_be_said_but_where_the_brokers_are() -> None:
    settings = load(KafkaSettings, {"TONGBAN_KAFKA_BOOTSTRAP_SERVERS": "one:9092, [::1]:9093"})
    assert settings.kafka_bootstrap_servers == ("one:9092", "[::1]:9093")
    assert (settings.sasl, settings.tls) == (False, False)
    assert (settings.kafka_replication, settings.min_insync) == (3, 2)


@pytest.mark.parametrize(("replication", "min_insync"), [("1", 1), ("2", 1), ("3", 2), ("5", 4)])
def test_all_copies_but_one_have_an_event_unless_told_otherwise(replication: str, min_insync: int) -> None:
    assert load(KafkaSettings, {"TONGBAN_KAFKA_REPLICATION": replication}).min_insync == min_insync


def test_secrets_are_files(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("x")
    settings = load(KafkaSettings, {**SASL, "TONGBAN_KAFKA_PASSWORD_FILE": str(secret)})
    assert (settings.sasl, settings.tls) == (True, True)
    assert settings.kafka_password_file == secret


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"TONGBAN_KAFKA_BOOTSTRAP_SERVERS": ""}, "is empty: give host:port"),
        ({"TONGBAN_KAFKA_BOOTSTRAP_SERVERS": "broker"}, "'broker' is no host:port"),
        ({"TONGBAN_KAFKA_BOOTSTRAP_SERVERS": "kafka://broker:9092x"}, "no host:port"),
        ({"TONGBAN_KAFKA_BOOTSTRAP_SERVERS": "broker:70000"}, "no host:port"),
        ({"TONGBAN_KAFKA_SECURITY_PROTOCOL": "TLS"}, "give PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"),
        ({"TONGBAN_KAFKA_SASL_MECHANISM": "GSSAPI"}, "give PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"),
        (SASL, "give TONGBAN_KAFKA_USERNAME and TONGBAN_KAFKA_PASSWORD_FILE"),
        ({**SASL, "TONGBAN_KAFKA_PASSWORD_FILE": "/no/such/file"}, "TONGBAN_KAFKA_PASSWORD_FILE=/no/such/file"),
        ({"TONGBAN_KAFKA_CA_FILE": "/no/such/file"}, "TONGBAN_KAFKA_CA_FILE=/no/such/file"),
        ({"TONGBAN_KAFKA_CERT_FILE": __file__}, "give both or neither"),
        ({"TONGBAN_KAFKA_REPLICATION": "0"}, "give 1 to 9"),
        ({"TONGBAN_KAFKA_REPLICATION": "2", "TONGBAN_KAFKA_MIN_INSYNC": "3"}, "TONGBAN_KAFKA_MIN_INSYNC=3"),
        ({"TONGBAN_KAFKA_PUBLISH_SECONDS": "5"}, "more than TONGBAN_KAFKA_REQUEST_SECONDS"),
        ({"TONGBAN_KAFKA_LOG_LEVEL": "loud"}, "TONGBAN_KAFKA_LOG_LEVEL='loud'"),
        ({"TONGBAN_KAFKA_PREFIX": "县."}, "TONGBAN_KAFKA_PREFIX='县.'"),
        ({"TONGBAN_KAFKA_SESSION_SECONDS": "0"}, "TONGBAN_KAFKA_SESSION_SECONDS"),
        ({"TONGBAN_KAFKA_BATCH_SECONDS": "10"}, "TONGBAN_KAFKA_BATCH_SECONDS"),
        ({"TONGBAN_KAFKA_CONNECT_SECONDS": "-1"}, "TONGBAN_KAFKA_CONNECT_SECONDS"),
        ({"TONGBAN_KAFKA_FETCH_BYTES": "1000"}, "TONGBAN_KAFKA_FETCH_BYTES"),
    ],
)
def test_what_cannot_be_is_refused_by_name(told: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(KafkaSettings, told)
    assert said in str(refusal.value)


def test_an_embedded_process_never_loads_the_driver() -> None:
    code = (
        "import sys; from pathlib import Path; import tempfile\n"
        "from kit.adapters import open_bus; from kit.settings import ServiceSettings\n"
        "import kit.chassis, kit.bus.kafka.settings\n"
        "folder = Path(tempfile.mkdtemp()); open_bus(ServiceSettings(data=folder, run_dir=folder)).close()\n"
        "sys.exit('kafka' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
