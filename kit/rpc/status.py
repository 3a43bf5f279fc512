"""Typed errors over gRPC: the code and details travel as a google.rpc.ErrorInfo, and come out as the same class."""

from __future__ import annotations

import logging
from typing import cast

import grpc
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from kit import errors

log = logging.getLogger(__name__)

_DOMAIN = "tongban"
_CODES: dict[type[errors.TongbanError], int] = {
    errors.Invalid: code_pb2.INVALID_ARGUMENT,
    errors.Unauthenticated: code_pb2.UNAUTHENTICATED,
    errors.Forbidden: code_pb2.PERMISSION_DENIED,
    errors.NotFound: code_pb2.NOT_FOUND,
    errors.Stale: code_pb2.ABORTED,
    errors.Conflict: code_pb2.FAILED_PRECONDITION,
    errors.Exhausted: code_pb2.RESOURCE_EXHAUSTED,
    errors.Unavailable: code_pb2.UNAVAILABLE,
}
_CLASSES = {code: cls for cls, code in _CODES.items()}


def to_status(error: errors.TongbanError) -> grpc.Status:
    """The gRPC status of an error."""
    code = next((code for cls, code in _CODES.items() if isinstance(error, cls)), code_pb2.INTERNAL)
    status = status_pb2.Status(code=code, message=error.message)
    info = error_details_pb2.ErrorInfo(reason=error.code, domain=_DOMAIN, metadata=error.details)
    status.details.add().Pack(info)
    return rpc_status.to_status(status)


def from_rpc_error(error: grpc.RpcError) -> errors.TongbanError:
    """The error that a failed call stands for.

    One of ours comes out as it went in. What gRPC itself says becomes ``Unavailable`` where nothing was done or
    it may be asked again, and a plain ``TongbanError`` (``internal``) otherwise.
    """
    call = cast(grpc.Call, error)
    found = cast("status_pb2.Status | None", rpc_status.from_call(call))
    for detail in found.details if found is not None else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info) and info.domain == _DOMAIN:
            cls = _CLASSES.get(found.code if found else 0, errors.TongbanError)
            return cls(info.reason, found.message if found else "", **dict(info.metadata))
    code = call.code()
    # Which call, the span and the gateway's line say; what gRPC met, nobody else does.
    log.warning("gRPC: %s: %s", code.name, call.details())
    if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
        return errors.Unavailable("service_unavailable", "服务暂时不可用，请稍后重试。")
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return errors.Unavailable("service_timeout", "服务响应超时，请稍后重试。")
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return errors.Exhausted("too_large", "请求内容过大或过于频繁，请减少后重试。")
    return errors.TongbanError("internal", "系统内部错误，请稍后重试；如仍不能解决，请联系管理员。")
