"""Files that arrive in parts, so that a cut connection costs one part: ``attachments/<talk>/<upload>.part``, mode 600.

An upload's id holds its size, so nothing else is kept: how far it is, is the length of the file. When it is complete it is checked like
any attachment. A part that comes twice, late or from two windows is told where the upload stands. Synchronous: for a thread.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import time
from pathlib import Path
from typing import BinaryIO

from gateway.attachments import Attachments
from gateway.beside import KeptFile
from gateway.media import VIDEO_BYTES
from gateway.problems import Problem

PART_BYTES = 512 * 1024
MOST_OPEN = 12
# An upload that nobody went on with for so long is thrown away (seconds).
LEFT = 24 * 3600.0
_ID = re.compile(r"u_(\d{1,9})_[0-9a-f]{24}")


class Uploads:
    """The unfinished files of all talks."""

    def __init__(self, files: Attachments, home: Path) -> None:
        self._files = files
        self._folder = home / "attachments"

    def begin(self, talk_id: str, size: int) -> str:
        """Room for a file of ``size`` bytes; its id. Problems: 413 larger than any file we take, 409 too many unfinished."""
        if size > VIDEO_BYTES:
            raise Problem(413, "too-large", f"A file has at most {VIDEO_BYTES // 1024 // 1024} MB.")
        folder = self._folder / talk_id
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if len(list(folder.glob("*.part"))) >= MOST_OPEN:
            self._drop_left(folder)
            if len(list(folder.glob("*.part"))) >= MOST_OPEN:
                raise Problem(409, "too-many-uploads", f"A conversation has at most {MOST_OPEN} unfinished uploads.")
        upload_id = f"u_{size}_{secrets.token_hex(12)}"
        os.close(os.open(self._path(talk_id, upload_id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return upload_id

    def offset(self, talk_id: str, upload_id: str) -> int:
        """How many bytes have arrived. 404 for an upload that is not of this talk or was given up."""
        try:
            return self._path(talk_id, upload_id).stat().st_size
        except FileNotFoundError:
            raise _gone() from None

    def add(self, talk_id: str, upload_id: str, offset: int, part: bytes) -> int:
        """Put a part where it belongs; the new offset. 409 with ``offset`` when it does not begin where the upload ends."""
        try:
            with self._path(talk_id, upload_id).open("r+b") as file:
                # Two windows with the same file take turns; whoever is late is told where it stands.
                fcntl.flock(file, fcntl.LOCK_EX)
                here = file.seek(0, os.SEEK_END)
                if offset != here:
                    raise Problem(409, "upload-offset", f"The upload stands at {here}.", offset=here)
                if here + len(part) > _size(upload_id):
                    raise Problem(413, "too-large", "The file has more bytes than were announced.")
                file.write(part)
                return here + len(part)
        except FileNotFoundError:
            raise _gone() from None

    def finish(self, talk_id: str, upload_id: str) -> KeptFile:
        """Check the complete file and keep it as an attachment. Problems as for :meth:`Attachments.add`; 409 while bytes are missing."""
        path = self._path(talk_id, upload_id)
        here = self.offset(talk_id, upload_id)
        if here != _size(upload_id):
            raise Problem(409, "upload-offset", f"The upload stands at {here}.", offset=here)
        try:
            with path.open("rb") as file:
                # The upload's own id is the file's: a finish that is asked again finds what the first one has made.
                return self._files.add(talk_id, _whole(file), file_id=f"a_{upload_id.rsplit('_', 1)[1]}")
        finally:
            path.unlink(missing_ok=True)

    def finished(self, talk_id: str, upload_id: str) -> KeptFile | None:
        """What an upload has become, if its finish has been asked before."""
        _size(upload_id)
        return self._files.get(talk_id, f"a_{upload_id.rsplit('_', 1)[1]}")

    def cancel(self, talk_id: str, upload_id: str) -> None:
        """Throw away what has arrived."""
        self._path(talk_id, upload_id).unlink(missing_ok=True)

    def sweep(self) -> int:
        """Throw away what nobody went on with for a day; how many."""
        return sum(self._drop_left(folder) for folder in self._folder.glob("*") if folder.is_dir())

    @staticmethod
    def _drop_left(folder: Path) -> int:
        left = [path for path in folder.glob("*.part") if time.time() - path.stat().st_mtime > LEFT]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _path(self, talk_id: str, upload_id: str) -> Path:
        _size(upload_id)
        return self._folder / talk_id / f"{upload_id}.part"


def _size(upload_id: str) -> int:
    """The announced size. 404 for an id that is none: only ours are ever part of a path."""
    found = _ID.fullmatch(upload_id)
    if found is None:
        raise _gone()
    return int(found[1])


def _whole(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file


def _gone() -> Problem:
    return Problem(404, "not-found", "There is no such upload in this conversation; begin again.")
