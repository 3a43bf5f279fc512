"""Who may call an RPC: read from the protos' method options, deny by default (convention 12)."""

from __future__ import annotations

from functools import cache

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from kit.actor import Actor
from kit.errors import Forbidden
from tongban.access.v1 import access_pb2

#: What gRPC may repeat by itself: reads, and showings that are on the record once per idempotency key.
_SAFE = (MethodOptions.NO_SIDE_EFFECTS, MethodOptions.IDEMPOTENT)


def service_descriptor(full_name: str) -> ServiceDescriptor:
    """The descriptor of a service such as ``tongban.queuing.v1.QueuingService``."""
    return descriptor_pool.Default().FindServiceByName(full_name)


@cache
def role_name(role: int) -> str:
    """``ROLE_CLERK`` → ``clerk``."""
    return access_pb2.Role.Name(role).removeprefix("ROLE_").lower()  # type: ignore[arg-type]


def allowed_roles(method: MethodDescriptor) -> frozenset[str]:
    """The roles that may call a method; empty: nobody."""
    return frozenset(role_name(role) for role in method.GetOptions().Extensions[access_pb2.allow])


def is_safe(method: MethodDescriptor) -> bool:
    """Whether a call may be sent again without asking."""
    return method.GetOptions().idempotency_level in _SAFE


def access_table(service: ServiceDescriptor) -> dict[str, frozenset[str]]:
    """``/package.Service/Method`` → roles."""
    return {f"/{service.full_name}/{method.name}": allowed_roles(method) for method in service.methods}


def check_access(allowed: frozenset[str], actor: Actor) -> None:
    """Raises ``Forbidden`` unless the actor has one of the roles, or everybody may."""
    if "public" in allowed or not allowed.isdisjoint(actor.roles):
        return
    raise Forbidden("role_not_allowed", "您的岗位没有此项权限，请联系中心管理人员。")
