"""The frame of a service: a process whose part has died doesn't go on as if nothing had happened."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import textwrap


def test_a_thread_that_dies_takes_the_process_with_it_so_that_it_is_started_again() -> None:
    script = """
    import sys
    from pathlib import Path
    from kit.actor import generate_key
    from kit.chassis import Chassis, Servicer
    from kit.outbox import Outbox
    from kit.settings import ServiceSettings
    from tongban.complaint.v1 import service_pb2_grpc

    folder = Path(sys.argv[1])
    (folder / "key").write_text(generate_key()[1])
    settings = ServiceSettings(data=folder, run_dir=folder, public_key_file=folder / "key")
    chassis = Chassis("complaint", settings, [])

    def accident(outbox):
        raise RuntimeError("nobody foresaw this")

    Outbox.run = accident
    servicer = Servicer(
        "tongban.complaint.v1.ComplaintService",
        service_pb2_grpc.add_ComplaintServiceServicer_to_server,
        service_pb2_grpc.ComplaintServiceServicer(),
    )
    chassis.run(servicers=[servicer])
    """
    with tempfile.TemporaryDirectory(prefix="tongban-") as folder:
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script), folder], capture_output=True, text=True, timeout=30
        )
    assert done.returncode == 1
    assert "nobody foresaw this" in done.stderr
    assert "CRITICAL" in done.stderr
