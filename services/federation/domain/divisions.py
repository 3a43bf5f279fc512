"""Which site is above which, by the division codes (GB/T 2260) that site ids begin with.

Relay takes a letter from a site only as its link allows, which named operators of both sites agreed on; this only says
who may be whose parent at all.
"""

from __future__ import annotations


def is_above(upper: str, lower: str) -> bool:
    """Whether a site's division holds another's: 610900.… that of 610902.…, 610902.… that of 610902100.…"""
    above, below = _significant(upper), _significant(lower)
    return len(above) < len(below) and below.startswith(above)


def _significant(site: str) -> str:
    code = site.partition(".")[0]
    if len(code) > 6:
        return code
    while len(code) > 2 and code.endswith("00"):
        code = code[:-2]
    return code
