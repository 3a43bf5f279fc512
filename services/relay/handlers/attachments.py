"""The files of letters: kept for this site, offered to neighbours and fetched from them, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kit.blobs.pieces import OutOfPlace, Pieces
from kit.blobs.port import Blobs
from kit.blobs.receiving import is_address
from kit.blobs.uses import Uses
from kit.call import Call
from kit.errors import Conflict, Exhausted, Invalid, NotFound, Stale, Unavailable
from kit.store.port import Document, Duplicate, Index, Kind
from kit.store.repository import Repository
from services.relay.domain.files import FileState, LinkFile, Way, file_id
from services.relay.domain.letter import Attachment, Letter

FILES = Kind("attachment", (Index("by_state", ("link", "way", "state", "since")), Index("by_age", ("state", "since"))))
#: How old the word of a file may be when it is said again and still stand: it isn't written for each letter.
_FRESH: Final = timedelta(days=1)
_RACES: Final = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that a neighbour is to be asked for: from which byte on, and how large it is."""

    sha256: str
    offset: int
    size: int


@dataclass(frozen=True)
class Files:
    """The files of this relay, whole and on their way."""

    records: Repository[LinkFile]
    blobs: Blobs
    pieces: Pieces
    #: Which letters refer to a file.
    uses: Uses
    #: (call, link, size): counts a file that a neighbour is to be asked for. Raises ``Exhausted`` when it has to wait.
    count: Callable[[Call, str, int], None] = lambda call, link, size: None

    # ── Of this site ─────────────────────────────────────────────────────────────────────────────────────────

    def keep(self, call: Call, sha256: str, chunks: Iterable[bytes], *, max_bytes: int) -> None:
        """Takes a file that a letter of this site will name.

        Raises ``Invalid``: ``attachment_address`` (that is no SHA-256), ``attachment_too_large``, ``attachment_damaged``
        (it is another file); ``Unavailable``.
        """
        if not is_address(sha256):
            raise Invalid("attachment_address", "文件摘要不正确，应为小写十六进制 SHA-256。", sha256=sha256[:80])
        self.uses.arrived(call, sha256, again=self.blobs.has(sha256))
        try:
            self.blobs.put_back(sha256, _bounded(chunks, max_bytes))
        except Unavailable as error:
            if error.code != "blob_damaged":
                raise
            raise Invalid("attachment_damaged", "文件内容与其摘要不符，请重新发送。", sha256=sha256) from error

    def read(self, sha256: str) -> Iterator[bytes]:
        """A whole file. Raises ``NotFound``, ``Unavailable``."""
        return self.blobs.get(sha256)

    def require_kept(self, attachments: Sequence[Attachment]) -> None:
        """Raises ``Invalid`` (``attachment_not_kept``) unless every file is here: who posts a letter keeps them first."""
        for each in attachments:
            if not self.blobs.renew(each.sha256):
                raise Invalid("attachment_not_kept", "附件尚未存入，请先存入附件再寄出函件。", sha256=each.sha256)

    def claim(self, call: Call, letter: Letter, *, carried: bool) -> None:
        """Notes that a letter refers to its files, here or still to come: they stay until it lets go.

        Of one that is sealed and isn't ``carried`` for another site, that is the plain file: the sealed copy is there for its
        way only.
        """
        named = (each.sha256 if carried else each.plain_sha256 or each.sha256 for each in letter.attachments)
        self.uses.claim(call, letter.id, filter(is_address, named))

    def let_go(self, call: Call, letter_id: str, files: Iterable[str] = ()) -> None:
        """The site needs a letter's files no more; one that another letter refers to stays. Again without effect.

        ``files``: what it is known to have had, beside what was noted.
        """
        self.uses.release(call, letter_id, {*files, *self.uses.held_by(letter_id)})

    # ── To a neighbour ───────────────────────────────────────────────────────────────────────────────────────

    def offer(self, call: Call, link: str, letter: Letter, *, carried: bool) -> None:
        """Lets the neighbour on a link ask for a letter's files; called before the envelope that names them is written.

        ``carried``: the letter is another site's. Its files, and sealed copies of this site's own, stay while the neighbour
        may ask for them, and ``forget`` lets go of them.
        """
        for each in letter.attachments:
            if carried or each.sealed_key:
                self.uses.claim(call, _on_the_way(link), filter(is_address, [each.sha256]))
            self._offer(call, LinkFile.offered(link, each.sha256, each.size, call.now))

    def _offer(self, call: Call, file: LinkFile) -> None:
        for _ in range(_RACES):
            there = self.records.find_by_id(file.id)
            if there is not None and there.state is FileState.OFFERED and there.since > call.now - _FRESH:
                return
            with suppress(Stale, NotFound, Duplicate):
                if there is None:
                    self.records.create(file, (), call)
                else:
                    self.records.save(there.offered_again(call.now), (), call)
                return
        raise Unavailable("files_contended", "文件登记繁忙，请稍后重试。", sha256=file.sha256)

    def given(self, call: Call, link: str, sha256: str) -> None:
        """The neighbour was given the last piece of a file: it is kept a while yet, should that be asked for again."""
        file = self.offered(link, sha256)
        if file is not None and (file.state is FileState.OFFERED or file.since < call.now - _FRESH):
            self._saved(file.settled(call.now), call)

    def offered(self, link: str, sha256: str) -> LinkFile | None:
        """A file that this neighbour may have; ``None``: it may not, or nobody has told it of one."""
        return self.records.find_by_id(file_id(link, Way.OUT, sha256)) if is_address(sha256) else None

    def open(self, sha256: str) -> Iterator[bytes]:
        """What a neighbour is given. Raises ``NotFound``, ``Unavailable`` (``blob_damaged``: never as if it were whole)."""
        return self.blobs.get(sha256)

    # ── From a neighbour ─────────────────────────────────────────────────────────────────────────────────────

    def want(self, call: Call, link: str, attachments: Sequence[Attachment]) -> FileState:
        """Asks for what isn't here yet; says whether a letter with these files may be passed on.

        ``COMPLETE``: it may. ``WANTED``: not yet. ``REFUSED``: never, as a file can't be had (``refusal`` says why).
        """
        states = {self._want(call, link, each) for each in attachments}
        for state in (FileState.REFUSED, FileState.WANTED):
            if state in states:
                return state
        return FileState.COMPLETE

    def refusal(self, link: str, attachments: Sequence[Attachment]) -> str:
        """Why a file of these can't be had; empty: none is refused."""
        found = (self.records.find_by_id(file_id(link, Way.IN, each.sha256)) for each in attachments)
        return next((each.code for each in found if each is not None and each.state is FileState.REFUSED), "")

    def _want(self, call: Call, link: str, attachment: Attachment) -> FileState:
        if not is_address(attachment.sha256) or attachment.size <= 0:
            return FileState.REFUSED
        file = self.records.find_by_id(file_id(link, Way.IN, attachment.sha256))
        if file is None:
            try:
                if not self.blobs.has(attachment.sha256):
                    self.count(call, link, attachment.size)
            except Exhausted:
                return FileState.WANTED  # its letter waits, and asks again
            self.uses.arrived(call, attachment.sha256, again=self.blobs.has(attachment.sha256))
            file = self._note(LinkFile.wanted(link, attachment.sha256, attachment.size, call.now), call)
        is_here = self.blobs.renew(attachment.sha256)
        if file.state is FileState.WANTED and is_here:
            # It came over another link, or in a bundle, or it is one of this site's own.
            file = self._saved(file.completed(call.now), call)
        elif file.state in (FileState.COMPLETE, FileState.SETTLED) and not is_here:
            file = self._saved(file.wanted_again(call.now), call)  # an earlier letter's, and let go of since
        return file.state

    def opened(self, call: Call, link: str, sha256: str) -> None:
        """A sealed file's content is kept: the copy that came over a link stays a while yet."""
        file = self.records.find_by_id(file_id(link, Way.IN, sha256))
        if file is not None and file.state is FileState.COMPLETE:
            self._saved(file.settled(call.now), call)

    def wanted(self, link: str, limit: int) -> tuple[Wanted, ...]:
        """What a neighbour is to be asked for, the longest waited for first, and from which byte on."""
        found = self.records.find("by_state", link=link, way=Way.IN, state=FileState.WANTED, limit=limit)
        return tuple(Wanted(each.sha256, self.pieces.size(each.sha256), each.size) for each in found.items)

    def take(self, call: Call, link: str, sha256: str, offset: int, data: bytes) -> Wanted | None:
        """Keeps a piece; where to go on, or ``None`` when the file has come to its end, good or bad.

        A piece that is there already changes nothing. Raises ``Conflict`` (``attachment_not_wanted``: nobody asked for
        it), ``Invalid`` (``attachment_too_large``: more comes than its letter says), ``Unavailable``.
        """
        file = self.records.find_by_id(file_id(link, Way.IN, sha256)) if is_address(sha256) else None
        if file is None or file.state is not FileState.WANTED:
            raise Conflict("attachment_not_wanted", "没有请求过该附件。", sha256=sha256[:80])
        if offset + len(data) > file.size:
            raise Invalid("attachment_too_large", "附件超过函件中声明的大小。", sha256=sha256, size=file.size)
        try:
            size = self.pieces.append(sha256, offset, data)
        except OutOfPlace as error:
            size = error.size
        if size < file.size:
            return Wanted(sha256, size, file.size)
        return self._finish(call, file, size)

    def _finish(self, call: Call, file: LinkFile, size: int) -> Wanted | None:
        try:
            if size != file.size:
                raise Unavailable("blob_damaged", "文件已损坏。", sha256=file.sha256)
            self.blobs.put_back(file.sha256, self.pieces.read(file.sha256))
        except Unavailable as error:
            if error.code != "blob_damaged":
                raise
            self.pieces.discard(file.sha256)
            failed = self._saved(file.damaged("attachment_damaged", call.now), call)
            return None if failed.state is FileState.REFUSED else Wanted(file.sha256, 0, file.size)
        self._saved(file.completed(call.now), call)
        self.pieces.discard(file.sha256)
        return None

    def whole(self, call: Call, link: str) -> int:
        """Finishes what came whole but wasn't said to be (a process ended in between); how many were.

        Raises ``Unavailable``.
        """
        count = 0
        for each in self.records.each("by_state", link=link, way=Way.IN, state=FileState.WANTED):
            if self.blobs.has(each.sha256):
                self._saved(each.completed(call.now), call)
                count += 1
            elif self.pieces.size(each.sha256) >= each.size:
                self._finish(call, each, self.pieces.size(each.sha256))
                count += 1
        return count

    def clear(self, links: Iterable[str]) -> int:
        """Forgets pieces of files that none of these links waits for any more; how many files."""
        begun = list(self.pieces.begun())  # first: whoever begins one now has noted that it is wanted
        if not begun:
            return 0
        wanted = {
            each.sha256
            for link in links
            for each in self.records.each("by_state", link=link, way=Way.IN, state=FileState.WANTED)
        }
        left = [each.sha256 for each in begun if each.sha256 not in wanted]
        for sha256 in left:
            self.pieces.discard(sha256)
        return len(left)

    def forget(self, call: Call, documents: Sequence[Document], before: datetime) -> None:
        """Lets go of copies that were on their way, before what is known of them on their link goes; again without effect.

        One that a letter has named since ``before`` stays, and a file that somebody else refers to stays for that. A
        neighbour that asks for it after that is told that it isn't here; another letter with it brings it anew.
        """
        for each in documents:
            if each.body["state"] in (FileState.OFFERED, FileState.SETTLED):
                self.uses.release(call, _on_the_way(each.body["link"]), [each.body["sha256"]], claimed_before=before)

    # ── Inside ───────────────────────────────────────────────────────────────────────────────────────────────

    def _note(self, file: LinkFile, call: Call) -> LinkFile:
        there = self.records.find_by_id(file.id)
        if there is not None:
            return there
        try:
            return self.records.create(file, (), call)
        except Duplicate:
            return self.records.get(file.id)

    def _saved(self, file: LinkFile, call: Call) -> LinkFile:
        try:
            return self.records.save(file, (), call)
        except Conflict:
            return self.records.get(file.id)  # another replica was first


def _on_the_way(link: str) -> str:
    """Who refers to copies that leave over a link and are nobody's here."""
    return f"way/{link}"


def _bounded(chunks: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise Invalid("attachment_too_large", "附件过大，请压缩后重新发送。", max=max_bytes)
        yield chunk


#: How much of a file one piece holds, in bytes; the last one may hold less.
PIECE: Final = 128 * 1024


class Reading:
    """A file that is given piece by piece: read on from where the last piece ended, anew after a break.

    What stands behind ``Blobs`` verifies a whole stream, so a file is read in order.
    """

    def __init__(self, open: Callable[[], Iterator[bytes]]) -> None:
        self._open = open
        self._chunks: Iterator[bytes] = iter(())
        self._is_open = False
        self._held = b""
        self._at = 0

    def piece(self, offset: int) -> bytes:
        """The piece that begins there; empty at the end. Raises ``NotFound``, ``Unavailable``."""
        if not self._is_open or offset < self._at:
            self._chunks, self._is_open, self._held, self._at = self._open(), True, b"", 0
        while self._at < offset:
            if not self._held and not self._more():
                return b""
            step = min(offset - self._at, len(self._held))
            self._held, self._at = self._held[step:], self._at + step
        while len(self._held) < PIECE and self._more():
            pass
        data, self._held = self._held[:PIECE], self._held[PIECE:]
        self._at += len(data)
        return data

    def _more(self) -> bool:
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        self._held += chunk
        return True
