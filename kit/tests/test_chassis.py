"""The frame of a service: a process whose part has died doesn't go on as if nothing had happened, and a stop stops."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import textwrap

#: A service of its own process, as its threads, signals and logging are the process's.
SERVICE = """
import os, signal, sys, threading
from pathlib import Path
from kit.signing import generate_key
from kit.chassis import Chassis, Servicer
from kit.outbox import Outbox
from kit.rpc.server import RpcServer
from kit.settings import ServiceSettings
from tongban.complaint.v1 import service_pb2_grpc

folder = Path(sys.argv[1])
(folder / "key").write_text(generate_key()[1])
chassis = Chassis("complaint", ServiceSettings(data=folder, run_dir=folder, public_key_file=folder / "key"), [])
servicer = Servicer(
    "tongban.complaint.v1.ComplaintService",
    service_pb2_grpc.add_ComplaintServiceServicer_to_server,
    service_pb2_grpc.ComplaintServiceServicer(),
)
"""


def run(script: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory(prefix="tongban-") as folder:
        return subprocess.run(
            [sys.executable, "-c", SERVICE + textwrap.dedent(script), folder],
            capture_output=True,
            text=True,
            timeout=20,
        )


def test_a_thread_that_dies_takes_the_process_with_it_so_that_it_is_started_again() -> None:
    done = run(
        """
        def accident(outbox):
            raise RuntimeError("nobody foresaw this")

        Outbox.run = accident
        chassis.run(servicers=[servicer])
        """
    )
    assert done.returncode == 1
    assert "nobody foresaw this" in done.stderr
    assert "CRITICAL" in done.stderr


def test_a_service_stops_whenever_the_signal_comes() -> None:
    """Also while the main thread holds the very lock that it waits by."""
    done = run(
        """
        wait, ready, is_ready = threading.Condition.wait, RpcServer.ready, []

        def signalled(condition, timeout=None):
            if is_ready and threading.current_thread() is threading.main_thread():
                signal.raise_signal(signal.SIGTERM)
            return wait(condition, timeout)

        def note(server, yes=True):
            ready(server, yes)
            is_ready.append(yes)

        RpcServer.ready = note
        threading.Condition.wait = signalled
        threading.Timer(2, os.kill, (os.getpid(), signal.SIGTERM)).start()
        chassis.run(servicers=[servicer])
        print("stopped")
        """
    )
    assert done.stdout == "stopped\n", done.stderr


def test_who_leaves_says_so_and_answers_on_until_others_have_gone_or_it_is_told_again() -> None:
    done = run(
        """
        import dataclasses, grpc
        from grpc_health.v1 import health_pb2, health_pb2_grpc

        chassis.settings = dataclasses.replace(chassis.settings, drain_seconds=600.0)
        ready, stop = RpcServer.ready, RpcServer.stop

        def note(server, yes=True):
            ready(server, yes)
            if yes:
                os.kill(os.getpid(), signal.SIGTERM)
            else:
                threading.Thread(target=ask).start()

        def ask():
            RpcServer.ready = ready
            with grpc.insecure_channel(chassis.settings.address_of("complaint")) as channel:
                asked = health_pb2.HealthCheckRequest(service=servicer.full_name)
                answer = health_pb2_grpc.HealthStub(channel).Check(asked, timeout=5, wait_for_ready=True)
            print("answered:", health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))
            os.kill(os.getpid(), signal.SIGTERM)

        def refuse(server, grace):
            print("refuses")
            stop(server, grace)

        RpcServer.ready, RpcServer.stop = note, refuse
        chassis.run(servicers=[servicer])
        """
    )
    assert done.stdout.splitlines() == ["answered: NOT_SERVING", "refuses"], done.stderr
