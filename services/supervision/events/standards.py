"""Rules of supervision as the site above handed them down: federation's standard as an edition."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.json_format import ParseDict, ParseError

from kit.errors import Invalid
from kit.timestamps import from_timestamp
from reference.protos import plain
from services.supervision.domain.cards import Person
from services.supervision.domain.rules import NUMBERS, RuleEdition, edition_id, of_site
from services.supervision.events.rules import wanted_ladder, wanted_period, wanted_rules
from tongban.federation.v1 import standards_pb2
from tongban.supervision.v1 import rules_pb2

#: Of a reason that another site's people wrote, in characters.
_MAX_REASON: Final = 2000


def edition_of(standard: standards_pb2.Standard) -> RuleEdition:
    """What the site above set, named as that site's center's; one that is withdrawn binds nobody any more.

    Raises ``Invalid`` (``standard_unusable``) on rules that this release doesn't know, ``rules_incomplete``.
    """
    content: dict[str, Any] = plain(standard.content)
    known = NUMBERS.values()
    if any(name.startswith("JC-") and name not in known for name in content):
        raise _unusable(standard)
    said = rules_pb2.SupervisionRules()
    try:
        rest = {name: value for name, value in content.items() if not name.startswith("JC-")}
        ParseDict({**rest, "rules": [content[name] for name in known]}, said, ignore_unknown_fields=True)
    except (KeyError, ParseError):
        raise _unusable(standard) from None
    center_id = of_site(standard.received_from, standard.key)
    return RuleEdition(
        id=edition_id(center_id, standard.number),
        center_id=center_id,
        number=standard.number,
        effective_from=from_timestamp(standard.effective_from),
        rules=wanted_rules(said.rules),
        ladder=wanted_ladder(said.ladder),
        period=wanted_period(said.period),
        recovered_counts=said.recovered_counts,
        reason=said.reason[:_MAX_REASON],
        set_by=Person("", said.set_by_name),
        set_at=from_timestamp(standard.issued_at),
        below=not standard.withdrawn,
        ladder_open=said.ladder_open,
    )


def _unusable(standard: standards_pb2.Standard) -> Invalid:
    return Invalid(
        "standard_unusable",
        "上级监察规则中有本系统不认识的内容，请先升级本站点系统。",
        id=standard.id[:120],
        number=str(standard.number),
    )
