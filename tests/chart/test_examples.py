"""The values of the examples and the manifests beside them speak of the same servers, users and Secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from cli.components import COMPONENTS
from tests.chart.chart import EXAMPLES

SERVICES = [component.name for component in COMPONENTS if not component.edge]


def _values(name: str) -> Mapping[str, Any]:
    return dict(yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")))


def _manifest(name: str, kind: str) -> Mapping[str, Any]:
    documents = yaml.safe_load_all((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8"))
    return next(dict(each) for each in documents if each["kind"] == kind)


@pytest.mark.parametrize("site", ["county", "city-hub", "partner-province"])
def test_the_site_comes_to_strimzi_s_brokers_as_the_user_that_is_made(site: str) -> None:
    cluster, user = _manifest("kafka-strimzi", "Kafka"), _manifest("kafka-strimzi", "KafkaUser")
    name, (listener,) = cluster["metadata"]["name"], cluster["spec"]["kafka"]["listeners"]
    told = _values(site)["kafka"]
    assert told["bootstrapServers"] == [f"{name}-kafka-bootstrap:{listener['port']}"]
    assert told["username"] == user["metadata"]["name"]
    assert told["passwordSecret"] == {"name": user["metadata"]["name"], "key": "password"}
    assert told["caSecret"]["name"] == f"{name}-cluster-ca-cert"
    assert told["peers"] == [{"podSelector": {"matchLabels": {"strimzi.io/cluster": name}}}]
    assert told.get("mechanism", "SCRAM-SHA-512").lower() == user["spec"]["authentication"]["type"]
    assert listener["tls"] is True
    assert told.get("security", "SASL_SSL") == "SASL_SSL"


def test_kafka_outlives_the_loss_of_a_node_and_makes_no_topic_by_itself() -> None:
    cluster, pool = _manifest("kafka-strimzi", "Kafka"), _manifest("kafka-strimzi", "KafkaNodePool")
    config = cluster["spec"]["kafka"]["config"]
    assert pool["spec"]["replicas"] == config["default.replication.factor"] == 3
    assert config["min.insync.replicas"] == 2
    assert config["auto.create.topics.enable"] is False


@pytest.mark.parametrize(
    ("manifest", "kind"), [("mongodb-community", "MongoDBCommunity"), ("mongodb-percona", "PerconaServerMongoDB")]
)
def test_the_database_s_user_may_write_to_each_service_s_documents_and_to_nothing_else(
    manifest: str, kind: str
) -> None:
    (user,) = _manifest(manifest, kind)["spec"]["users"]
    assert sorted(role["db"] for role in user["roles"]) == sorted(f"tongban_{name}" for name in SERVICES)
    assert {role["name"] for role in user["roles"]} == {"readWrite"}


@pytest.mark.parametrize("site", ["county", "partner-province"])
def test_the_site_comes_to_the_three_members_of_mongodb_s_operator(site: str) -> None:
    database, told = _manifest("mongodb-community", "MongoDBCommunity"), _values(site)["mongodb"]
    name, (user,) = database["metadata"]["name"], database["spec"]["users"]
    members = [f"{name}-{number}.{name}-svc:27017" for number in range(database["spec"]["members"])]
    assert len(members) == 3
    assert told["uri"] == f"mongodb://{','.join(members)}/?replicaSet={name}"
    assert told["username"] == user["name"]
    assert told["passwordSecret"] == {"name": f"{name}-{user['db']}-{user['name']}", "key": "password"}
    assert told["tls"]["caSecret"]["name"] == database["spec"]["security"]["tls"]["certificateKeySecretRef"]["name"]
    assert told["peers"] == [{"podSelector": {"matchLabels": {"app": f"{name}-svc"}}}]


def test_a_city_hub_comes_to_the_three_members_of_percona_s_operator() -> None:
    database, told = _manifest("mongodb-percona", "PerconaServerMongoDB"), _values("city-hub")["mongodb"]
    name, (user,), (members,) = database["metadata"]["name"], database["spec"]["users"], database["spec"]["replsets"]
    hosts = [f"{name}-{members['name']}-{number}.{name}-{members['name']}:27017" for number in range(members["size"])]
    assert len(hosts) == 3
    assert told["uri"] == f"mongodb://{','.join(hosts)}/?replicaSet={members['name']}"
    assert told["username"] == user["name"]
    assert told["passwordSecret"] == {"name": f"{name}-custom-user-secret", "key": user["name"]}
    assert told["tls"]["caSecret"]["name"] == f"{name}-ssl"


@pytest.mark.parametrize("site", ["city-hub", "partner-province"])
def test_certificates_come_from_the_authority_that_the_example_makes(site: str) -> None:
    documents = list(yaml.safe_load_all((EXAMPLES / "internal-authority.yaml").read_text(encoding="utf-8")))
    issuers = {each["metadata"]["name"]: each["spec"] for each in documents if each["kind"] == "Issuer"}
    (authority,) = [each["spec"] for each in documents if each["kind"] == "Certificate"]
    issuer = _values(site)["mutualTls"]["issuer"]
    assert issuer["kind"] == "Issuer"
    assert issuers[issuer["name"]]["ca"]["secretName"] == authority["secretName"]
    assert authority["isCA"] is True
