"""How large a picture says that it is."""

import struct

import pytest

from kit.picture import picture_size

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 600, 200)
APPLICATION = b"\xff\xe0" + struct.pack(">H", 6) + b"JFIF"
FRAME = b"\xff\xc2" + struct.pack(">HBHH", 17, 8, 200, 600)


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (PNG, (600, 200)),
        (b"\xff\xd8" + APPLICATION + FRAME, (600, 200)),
        (b"\xff\xd8" + APPLICATION + b"\xff" + FRAME, (600, 200)),
        (b"\xff\xd8\xff\xc4" + struct.pack(">H", 3) + b"x" + FRAME, (600, 200)),
        (PNG[:20], None),
        (b"\xff\xd8" + APPLICATION, None),
        (b"\xff\xd8" + APPLICATION + FRAME[:5], None),
        (b"\xff\xd8no marker", None),
        (b"%PDF-1.7", None),
        (b"", None),
    ],
    ids=[
        "png", "jpeg", "jpeg with a fill byte", "jpeg with a table", "torn png", "jpeg without a frame",
        "torn jpeg", "no marker", "pdf", "nothing",
    ],
)  # fmt: skip
def test_a_picture_says_its_size_before_it_is_unpacked(content: bytes, size: tuple[int, int] | None) -> None:
    assert picture_size(content) == size
