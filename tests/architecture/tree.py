"""What the architecture tests look at: the files of the repository, and the protos with their comments."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from google.protobuf import descriptor_pb2
from grpc_tools import protoc

ROOT = Path(__file__).parents[2]
PROTOS = ROOT / "protos"


@cache
def repository_files() -> tuple[Path, ...]:
    """All files that are or would be committed, relative to the root."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    return tuple(sorted(Path(name) for name in listing.split("\0") if name and (ROOT / name).is_file()))


def services() -> list[Path]:
    """The folders of services/, one a service, relative to the root."""
    return sorted(
        {Path(*file.parts[:2]) for file in repository_files() if file.parts[0] == "services" and len(file.parts) > 2}
    )


@dataclass(frozen=True)
class Declared:
    """A thing that a proto file declares: an RPC or an event."""

    package: str
    name: str
    comment: str

    @property
    def service(self) -> str:
        """The folder's name: `queuing` of `tongban.queuing.v1`."""
        return self.package.split(".")[1]

    def __str__(self) -> str:
        return f"{self.package}.{self.name}"


@cache
def _described() -> descriptor_pb2.FileDescriptorSet:
    names = [str(path.relative_to(PROTOS)) for path in sorted(PROTOS.rglob("*.proto"))]
    with TemporaryDirectory() as folder:
        out = Path(folder) / "image"
        bundled = files("grpc_tools") / "_proto"
        arguments = [f"-I{PROTOS}", f"-I{bundled}", "--include_source_info", f"--descriptor_set_out={out}"]
        if protoc.main(["protoc", *arguments, *names]) != 0:
            raise ValueError("protoc refused the protos; its message is above")
        return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())


def _comments(file: descriptor_pb2.FileDescriptorProto) -> dict[tuple[int, ...], str]:
    return {tuple(at.path): at.leading_comments.strip() for at in file.source_code_info.location}


#: What sites say to each other on a line: no actor calls it, and no server of a site's own serves it.
BETWEEN_SITES = "LinkService"


def rpcs() -> Iterator[Declared]:
    """Every RPC of every service of a site."""
    for file in _described().file:
        comments = _comments(file)
        for s, service in enumerate(file.service):
            if service.name == BETWEEN_SITES:
                continue
            for m, method in enumerate(service.method):
                # 6: a file's services; 2: a service's methods (descriptor.proto)
                yield Declared(file.package, method.name, comments.get((6, s, 2, m), ""))


def events() -> Iterator[Declared]:
    """Every message of every events.proto, and of those that continue one (``…_events.proto``)."""
    for file in _described().file:
        if file.name.endswith(("/events.proto", "_events.proto")):
            comments = _comments(file)
            for m, message in enumerate(file.message_type):
                # 4: a file's messages
                yield Declared(file.package, message.name, comments.get((4, m), ""))
