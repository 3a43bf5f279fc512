"""The processes, the services' folders, the protos, the gateway and the bus name the same services and events."""

from __future__ import annotations

from collections import Counter
from importlib.util import find_spec
from pathlib import Path

from cli.components import COMPONENTS
from gateway import clients
from kit.bus.topics import CONSUMED, TOPICS
from kit.dead_letters import dlq_topic
from kit.events import event_type, topic_of
from services.supervision.events import decoding
from tests.architecture.conftest import Wired
from tests.architecture.test_protos import NOT_YET
from tests.architecture.tree import ROOT, events, rpcs, services

#: Services by the folder's name, as the supervisor starts them.
STARTED = {component.name for component in COMPONENTS if not component.edge}
#: Every event that a service may send, by its type.
EVENT_TYPES = {event_type(event.service, event.name): event for event in events()}


def test_what_is_started_is_what_there_is() -> None:
    folders = {folder.name for folder in services() if (ROOT / folder / "main.py").is_file()}
    assert folders == STARTED
    assert {folder.name for folder in services()} - folders == NOT_YET
    assert {rpc.service for rpc in rpcs()} == STARTED
    assert set(clients.SERVICES) - set(clients.HOSTS) == STARTED
    assert set(clients.HOSTS.values()) <= STARTED


def test_every_process_has_a_name_of_its_own_and_a_module_that_is_there() -> None:
    assert len({component.name for component in COMPONENTS}) == len(COMPONENTS)
    assert [component.name for component in COMPONENTS if component.edge] == ["gateway"]
    for component in COMPONENTS:
        assert find_spec(component.module) is not None
        source = Path(ROOT, *component.module.split("."))
        assert source.with_suffix(".py").is_file() or (source / "__main__.py").is_file()


def test_every_service_serves_the_grpc_services_of_its_protos(wired: dict[str, Wired]) -> None:
    served = {name: [servicer.full_name for servicer in each.servicers] for name, each in wired.items()}
    more = {name: [each for each, host in clients.HOSTS.items() if host == name] for name in STARTED}
    assert served == {name: [clients.SERVICES[each] for each in (name, *more[name])] for name in STARTED}
    assert all(clients.SERVICES[name].startswith(f"tongban.{name}.v1.") for name in STARTED)


def test_every_event_that_a_service_sends_is_a_message_of_its_protos_and_the_other_way_round(
    wired: dict[str, Wired],
) -> None:
    sent = {
        event_type(name, event.__name__) for name, each in wired.items() for table in each.tables for event in table
    }
    assert sent == set(EVENT_TYPES)


def test_every_group_is_named_after_its_service_and_there_is_one_of_it(wired: dict[str, Wired]) -> None:
    groups = Counter(each.group for service in wired.values() for each in service.subscriptions)
    assert set(groups.values()) == {1}
    for name, service in wired.items():
        assert all(each.group.startswith(f"{name}.") for each in service.subscriptions)


def test_whatever_is_listened_to_is_sent_by_somebody(wired: dict[str, Wired]) -> None:
    topics = {topic_of(event.service) for event in EVENT_TYPES.values()}
    for service in wired.values():
        for subscription in service.subscriptions:
            assert subscription.topics
            assert set(subscription.topics) <= topics, subscription.group
            sent_there = {type for type, event in EVENT_TYPES.items() if topic_of(event.service) in subscription.topics}
            assert set(subscription.handlers) <= sent_there, subscription.group
            assert bool(subscription.handlers) is (subscription.any_event is None), subscription.group
            for topic in subscription.topics:
                heard = {type for type in subscription.handlers if topic_of(EVENT_TYPES[type].service) == topic}
                assert heard or subscription.any_event, f"{subscription.group} listens to {topic} for nothing"


def test_every_topic_is_declared_and_so_are_the_dead_letters_of_every_group(wired: dict[str, Wired]) -> None:
    groups = {each.group: set(each.topics) for service in wired.values() for each in service.subscriptions}
    letters = {f"{dlq_topic(group)}{end}" for group in groups for end in ("", ".handled")}
    assert {group: set(topics) for group, topics in CONSUMED.items()} == groups
    assert Counter(topic.name for topic in TOPICS) == Counter({*map(topic_of, STARTED), *letters})


def test_what_copies_are_built_from_never_expires(wired: dict[str, Wired]) -> None:
    """A group that comes late reads from the start; so does a service that is added years later."""
    copied = {
        topic
        for service in wired.values()
        for each in service.subscriptions
        for topic in each.topics
        if each.group.endswith(".reference")
    }
    assert copied
    kept = {topic.name for topic in TOPICS if topic.kept is None}
    assert copied <= kept
    assert {topic.name for topic in TOPICS if topic.partitions == 1} == {each for each in kept if ".dlq" in each}


def test_everybody_keeps_a_copy_of_the_reference_data(wired: dict[str, Wired]) -> None:
    """Catalog is the one who has it; relay carries letters that it doesn't read."""
    groups = {each.group for service in wired.values() for each in service.subscriptions}
    assert {name for name in STARTED if f"{name}.reference" not in groups} == {"catalog", "relay"}


def test_supervision_writes_down_whatever_anybody_sends(wired: dict[str, Wired]) -> None:
    (journeys,) = [each for each in wired["supervision"].subscriptions if each.any_event]
    assert set(journeys.topics) == {topic_of(event.service) for event in EVENT_TYPES.values()}
    assert set(decoding.MESSAGES) == set(EVENT_TYPES)
