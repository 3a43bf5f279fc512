"""What a file really is: decided by its content, then held against its name."""

from __future__ import annotations

from pathlib import PurePath

import puremagic

from kit.errors import Invalid

#: What a name may end in for each type that centers take in.
_SUFFIXES = {
    "application/pdf": {".pdf"},
    "image/jpeg": {".jpg", ".jpeg"},
    "image/png": {".png"},
    "application/ofd": {".ofd"},
}


def true_type(head: bytes, filename: str, allowed: frozenset[str]) -> str:
    """The media type of a file's beginning. Raises ``Invalid`` (``upload_type``) when it isn't allowed or mislabelled."""
    found = _sniff(head)
    if found not in allowed:
        kinds = "、".join(sorted(suffix[1:].upper() for kind in allowed for suffix in _SUFFIXES.get(kind, ())))
        raise Invalid("upload_type", f"文件类型不支持，请上传 {kinds} 文件。", found=found)
    suffix = PurePath(filename).suffix.lower()
    if suffix and suffix not in _SUFFIXES.get(found, {suffix}):
        raise Invalid("upload_type", "文件内容与扩展名不符，请核对后重新上传。", found=found, suffix=suffix)
    return found


def _sniff(head: bytes) -> str:
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"PK\x03\x04") and b"OFD.xml" in head:
        return "application/ofd"  # GB/T 33190: a ZIP whose root document is OFD.xml
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return "application/octet-stream"
    return matches[0].mime_type or "application/octet-stream" if matches else "application/octet-stream"
