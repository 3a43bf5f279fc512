"""Five-step approvals with SpiffWorkflow, written to SQLite after each act: run in a virtual environment of its own.

Takes the database's path, the number of cases, of officers who work at once, and ``kept`` or ``read``: whether a case stays in
memory between its acts, or is read back for each, as services do that others may write beside. Prints the seconds that they
took, and those of the processor.
"""

from __future__ import annotations

import itertools
import sqlite3
import sys
import threading
import time

from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

_STEPS = ("first", "second", "third", "fourth", "fifth")
_NODES = ("start", *_STEPS, "end")
_FLOWS = "".join(
    f'<sequenceFlow id="f{number}" sourceRef="{one}" targetRef="{two}"/>'
    for number, (one, two) in enumerate(itertools.pairwise(_NODES))
)
_TASKS = "".join(
    f'<manualTask id="{key}" name="{key}"><incoming>f{number}</incoming><outgoing>f{number + 1}</outgoing></manualTask>'
    for number, key in enumerate(_STEPS)
)
_BPMN = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="bench" id="d">'
    '<process id="approval" isExecutable="true">'
    f'<startEvent id="start"><outgoing>f0</outgoing></startEvent>{_TASKS}'
    f'<endEvent id="end"><incoming>f{len(_STEPS)}</incoming></endEvent>{_FLOWS}'
    "</process></definitions>"
)


class Desk:
    """Where cases are kept."""

    def __init__(self, path: str, kept: bool) -> None:
        parser = BpmnParser()
        parser.add_bpmn_str(_BPMN.encode())
        self.spec = parser.get_spec("approval")
        self.serializer = BpmnWorkflowSerializer()
        self.kept = kept
        self.database = sqlite3.connect(path, isolation_level=None, timeout=60)
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute("PRAGMA synchronous=FULL")
        self.database.execute("CREATE TABLE IF NOT EXISTS cases (id INTEGER PRIMARY KEY, body TEXT)")

    def one(self, number: int) -> None:
        """A case from its beginning to its end: each act is on the disk when it returns."""
        case = BpmnWorkflow(self.spec)
        case.do_engine_steps()
        self.save(number, case)
        for _ in _STEPS:
            case = case if self.kept else self.load(number)
            task = case.get_next_task(state=TaskState.READY)
            task.data |= {"assignee": "officer", "applicant": "例某", "item": "食品经营许可"}
            self.save(number, case)
            case = case if self.kept else self.load(number)
            task = case.get_next_task(state=TaskState.READY)
            task.data["opinion"] = "同意"
            task.run()
            case.do_engine_steps()
            self.save(number, case)
        assert case.is_completed()

    def save(self, number: int, case: BpmnWorkflow) -> None:
        """Durably."""
        body = self.serializer.serialize_json(case)
        self.database.execute("INSERT OR REPLACE INTO cases (id, body) VALUES (?, ?)", (number, body))

    def load(self, number: int) -> BpmnWorkflow:
        """As it was saved last."""
        (body,) = self.database.execute("SELECT body FROM cases WHERE id = ?", (number,)).fetchone()
        return self.serializer.deserialize_json(body)


def main() -> None:
    """Measures, after a few that warm up."""
    path, cases, officers, how = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    desk = Desk(path, how == "kept")
    for number in range(5):
        desk.one(number)
    numbers = iter(range(10, 10 + cases))  # handed out one by one, whichever thread asks
    ready = threading.Barrier(officers + 1)

    def work() -> None:
        own = Desk(path, how == "kept")
        own.one(10 + cases + threading.get_native_id())
        ready.wait()
        for number in numbers:
            own.one(number)

    if officers > 1:
        threads = [threading.Thread(target=work) for _ in range(officers)]
        for thread in threads:
            thread.start()
        ready.wait()
    began, computing = time.perf_counter(), time.process_time()
    if officers > 1:
        for thread in threads:
            thread.join()
    else:
        for number in numbers:
            desk.one(number)
    print(time.perf_counter() - began, time.process_time() - computing)


if __name__ == "__main__":
    main()
