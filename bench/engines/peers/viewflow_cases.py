"""Five-step approvals with viewflow on SQLite, as durable as the office's own: run in a virtual environment of its own.

Takes the database's path, the number of cases, and of officers who work at once; prints the seconds that they took, and those
of the processor.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import django
from django.conf import settings
from django.core.management import call_command

settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": sys.argv[1],
            "OPTIONS": {
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
                # Else of two who read and then write one is refused.
                "transaction_mode": "IMMEDIATE",
                "timeout": 60,
            },
        }
    },
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "viewflow", "viewflow.workflow", "peers"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
    SECRET_KEY="measured and thrown away",
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import transaction  # noqa: E402
from viewflow import this  # noqa: E402
from viewflow.workflow import flow  # noqa: E402
from viewflow.workflow.models import Process, Task  # noqa: E402


def _view(request: object) -> None:
    """Nobody looks."""


class Approval(flow.Flow):  # type: ignore[misc]
    """Received, then five steps one after the other."""

    process_class = Process
    start = flow.StartHandle().Next(this.first)
    first = flow.View(_view).Next(this.second)
    second = flow.View(_view).Next(this.third)
    third = flow.View(_view).Next(this.fourth)
    fourth = flow.View(_view).Next(this.fifth)
    fifth = flow.View(_view).Next(this.end)
    end = flow.End()


def one(officer: User) -> None:
    """A case from its beginning to its end: each act is a transaction that is on the disk when it returns."""
    with transaction.atomic():
        process = Approval.start.run()
        process.data = {"applicant": "例某", "item": "食品经营许可"}
        process.save()
    for _ in range(5):
        with transaction.atomic(), Task.objects.get(process_id=process.pk, status="NEW").activation() as activation:
            activation.assign(officer)
        with (
            transaction.atomic(),
            Task.objects.get(process_id=process.pk, status="ASSIGNED").activation() as activation,
        ):
            activation.task.data = {"opinion": "同意"}
            activation.start(None)
            activation.execute()
    assert Process.objects.get(pk=process.pk).status == "DONE"


def main() -> None:
    """Measures, after a few that warm up."""
    call_command("migrate", verbosity=0)
    officer = User.objects.create_user("officer")
    for _ in range(5):
        one(officer)
    cases, officers = int(sys.argv[2]), int(sys.argv[3])
    began, computing = time.perf_counter(), time.process_time()
    if officers == 1:
        for _ in range(cases):
            one(officer)
    else:
        with ThreadPoolExecutor(officers) as room:
            list(room.map(lambda _: one(officer), range(cases)))
    print(time.perf_counter() - began, time.process_time() - computing)


if __name__ == "__main__":
    main()
