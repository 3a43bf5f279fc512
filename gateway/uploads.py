"""A posted file as services take it: a header that says what it is, then chunks, never the whole in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeVar

from flask import request
from werkzeug.datastructures import FileStorage

from gateway.errors import Malformed
from kit.errors import Invalid

#: How much of a file is read, and sent, at a time.
CHUNK_BYTES: Final = 256 * 1024

M = TypeVar("M")


def named(file: FileStorage) -> str:
    """The name of a file that came to the API. Raises ``Malformed`` (``file_missing``).

    A part without a file's name is read as a text field, which has none.
    """
    filename: str = getattr(file, "filename", None) or ""
    if not filename:
        raise Malformed("file_missing", "没有选择文件，请选择后重新提交。", field="file")
    return filename


def chosen() -> tuple[str, FileStorage]:
    """The file that was chosen on a page, and its name. Raises ``Invalid`` (``file_missing``)."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid("file_missing", "没有选择文件，请选择后重新上传。", field="file")
    return file.filename, file


def framed(message: type[M], header: object, file: FileStorage) -> Iterator[M]:
    """The header and the file's chunks, each in a message of the RPC's request."""
    made: Any = message
    yield made(header=header)
    while chunk := file.stream.read(CHUNK_BYTES):
        yield made(chunk=chunk)
