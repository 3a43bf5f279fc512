"""The declared topics against those that the brokers have: compared at every start, made and mended by ``tongban init``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec
from kafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from kit.bus.kafka.settings import KafkaSettings
from kit.bus.topics import MAX_MESSAGE_BYTES, Topic
from kit.settings import SettingsError

_MS_A_DAY: Final = 24 * 60 * 60 * 1000


class WrongTopics(SettingsError):
    """Topics are missing or not as declared; the message names each difference and says what mends it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a topic has, and what it should have. ``setting``: a broker's name for it, or ``partitions``, ``replication``."""

    topic: str
    setting: str
    found: str
    declared: str

    def __str__(self) -> str:
        return f"{self.topic}: {self.setting} is {self.found}, declared is {self.declared}"


@dataclass(frozen=True, slots=True)
class Compared:
    """How the declared topics stand."""

    missing: Sequence[Topic]
    differences: Sequence[Difference]


def config_of(topic: Topic, settings: KafkaSettings) -> Mapping[str, str]:
    """A topic's settings as the brokers name them."""
    kept = -1 if topic.kept is None else topic.kept.days * _MS_A_DAY
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(kept),
        # Space is bounded by time alone: what is kept must not depend on how busy a day was.
        "retention.bytes": "-1",
        "min.insync.replicas": str(settings.min_insync),
        "max.message.bytes": str(MAX_MESSAGE_BYTES),
        # Rather wait than go on with a replica that lacks what was acknowledged.
        "unclean.leader.election.enable": "false",
    }


def compare(
    admin: KafkaAdminClient, topics: Sequence[Topic], settings: KafkaSettings, name: Callable[[str], str]
) -> Compared:
    """Looks at these topics. Raises the driver's errors."""
    described = {each["name"]: each for each in admin.describe_topics([name(topic.name) for topic in topics])}
    present, missing = [], []
    for topic in topics:
        found = described[name(topic.name)]
        error = for_code(found["error_code"])
        if error is UnknownTopicOrPartitionError:
            missing.append(topic)
        elif found["error_code"]:
            raise error(f"{topic.name}: it can't be described")
        else:
            present.append(topic)
    configs = _configs(admin, [name(topic.name) for topic in present])
    differences: list[Difference] = []
    for topic in present:
        partitions = described[name(topic.name)]["partitions"]
        copies = min(len(each["replica_nodes"]) for each in partitions)
        if len(partitions) != topic.partitions:
            differences.append(Difference(topic.name, "partitions", str(len(partitions)), str(topic.partitions)))
        if copies < settings.kafka_replication:
            differences.append(
                Difference(topic.name, "replication", str(copies), f"{settings.kafka_replication} or more")
            )
        for setting, declared in config_of(topic, settings).items():
            found_value = configs[name(topic.name)].get(setting, "hidden: this user may not describe its settings")
            if found_value != declared:
                differences.append(Difference(topic.name, setting, found_value, declared))
    return Compared(missing, differences)


def require(compared: Compared) -> None:
    """Raises ``WrongTopics`` unless all is as declared."""
    said = [f"{topic.name}: there is no such topic" for topic in compared.missing]
    said += [str(difference) for difference in compared.differences]
    if said:
        mend = "`tongban init` makes missing topics" + (
            ", `tongban init --alter` gives present ones the declared settings" if compared.differences else ""
        )
        raise WrongTopics("the topics are not as declared:\n  " + "\n  ".join(said) + f"\n{mend}.")


def make(
    admin: KafkaAdminClient, missing: Sequence[Topic], settings: KafkaSettings, name: Callable[[str], str]
) -> None:
    """Makes topics; one that somebody else made meanwhile is no error. Raises the driver's errors."""
    if not missing:
        return
    wanted = {
        name(topic.name): {
            "num_partitions": topic.partitions,
            "replication_factor": settings.kafka_replication,
            "configs": dict(config_of(topic, settings)),
        }
        for topic in missing
    }
    answer = admin.create_topics(wanted, raise_errors=False)
    for each in answer["topics"]:
        error = for_code(each["error_code"])
        if each["error_code"] and error is not TopicAlreadyExistsError:
            raise error(f"{each['name']}: {each.get('error_message') or 'it could not be made'}")
    admin.wait_for_topics(list(wanted))


def alter(admin: KafkaAdminClient, differences: Sequence[Difference], name: Callable[[str], str]) -> None:
    """Gives topics the declared settings and more partitions. Raises ``WrongTopics`` for what Kafka can't do in place,
    before anything is changed, and the driver's errors."""
    impossible = [
        each
        for each in differences
        if each.setting == "replication" or (each.setting == "partitions" and int(each.found) > int(each.declared))
    ]
    if impossible:
        raise WrongTopics(
            "this can't be altered in place:\n  "
            + "\n  ".join(map(str, impossible))
            + "\nReplicas are moved with Kafka's own kafka-reassign-partitions; fewer partitions need a new topic."
        )
    for topic in dict.fromkeys(each.topic for each in differences):
        changed = {each.setting: each.declared for each in differences if each.topic == topic}
        partitions = changed.pop("partitions", None)
        if changed:
            answer = admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name(topic), changed)])
            said = answer["topic"][name(topic)]
            if said != "OK":
                raise WrongTopics(f"{topic}: the brokers refuse its settings: {said}")
        if partitions is not None:
            _require_drained(admin, name(topic))
            admin.create_partitions({name(topic): int(partitions)})


def _require_drained(admin: KafkaAdminClient, topic: str) -> None:
    """More partitions move keys: an event could overtake one of its key that waits in another. Raises ``WrongTopics``
    when any group has events of the topic before it."""
    groups = [each["group_id"] for each in admin.list_groups()]
    behind: set[str] = set()
    for group, offsets in (admin.list_group_offsets(dict.fromkeys(groups)) if groups else {}).items():
        done = {place: each.offset for place, each in offsets.items() if place.topic == topic}
        if done:
            ends = admin.list_partition_offsets(dict.fromkeys(done, OffsetSpec.LATEST))
            if any(ends[place].offset > offset for place, offset in done.items()):
                behind.add(group)
    if behind:
        raise WrongTopics(
            f"{topic} can't get more partitions while groups have events of it before them: {', '.join(sorted(behind))}.\n"
            "Stop the gateway, wait until `tongban status` shows no outbox and no lag, stop the services, and try again."
        )


def _configs(admin: KafkaAdminClient, names: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, each) for each in names]
    found: Mapping[str, Mapping[str, Any]] = admin.describe_configs(resources, config_filter="all")["topic"]
    return {topic: {key: str(entry["value"]) for key, entry in found[topic].items()} for topic in names}
