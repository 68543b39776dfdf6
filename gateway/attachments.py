"""Photos and videos of a talk on disk: ``XIAOER_HOME/attachments/<talk>/<id>.<ending>``, random names, mode 600."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from gateway import media
from gateway.beside import KeptFile
from gateway.problems import Problem
from gateway.store import NoSuchTalk, Store

ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "video/mp4": "mp4", "video/quicktime": "mov"}
MOST_FILES = 60
MOST_IN_MESSAGE = 9


class Attachments:
    """Takes files in and gives them out again. Synchronous: for a thread."""

    def __init__(self, store: Store, home: Path) -> None:
        self._store = store
        self._home = home

    def add(self, talk_id: str, file: BinaryIO, file_id: str | None = None, *, staff_id: str | None = None) -> KeptFile:
        """Check, clean and keep a file (under ``file_id``, else a new one) of the shopper's, or of a member of staff's.

        Problems: 413 too large, 415 wrong kind (``heic`` for that one), 422 broken (``video-too-long`` for that), 409 too many.
        """
        if staff_id is None and len(self._store.files(talk_id)) >= MOST_FILES:
            raise Problem(409, "too-many-attachments", f"A conversation holds at most {MOST_FILES} files.")
        file.seek(0)
        head = file.read(16)
        file_id = file_id or f"a_{secrets.token_urlsafe(12)}"
        try:
            kind = media.kind_of(head)
            kept = self._video(talk_id, file_id, file) if kind == "VIDEO" else self._photo(talk_id, file_id, file, kind)
        except media.Heic as error:
            raise Problem(415, "heic", f"{error}.") from None
        except media.TooLong as error:
            raise Problem(422, "video-too-long", f"{error}.".capitalize()) from None
        except media.WrongKind as error:
            raise Problem(415, "unsupported-media", f"{error}.".capitalize()) from None
        except media.TooLarge as error:
            raise Problem(413, "too-large", f"{error}.".capitalize()) from None
        except media.Unreadable as error:
            raise Problem(422, "unreadable-file", f"{error}.".capitalize()) from None
        kept = replace(kept, staff_id=staff_id)
        try:
            self._store.add_file(talk_id, kept)
        except NoSuchTalk:
            # Erased while the file was on its way: nothing of it stays.
            (self._home / kept.path).unlink(missing_ok=True)
            raise
        return kept

    def path(self, kept: KeptFile) -> Path:
        """Where a file is."""
        return self._home / kept.path

    def take_back(self, talk_id: str, file_id: str) -> None:
        """The shopper does not send this file after all. 404 when there is none, or a message has it."""
        kept = self._store.take_back(talk_id, file_id)
        if kept is None:
            raise Problem(404, "not-found", "There is no such unsent file in this conversation.")
        self._unlink(kept.path)

    def get(self, talk_id: str, file_id: str) -> KeptFile | None:
        """A file of this talk, or None."""
        return self._store.file(talk_id, file_id)

    def poster(self, kept: KeptFile) -> Path:
        """Where the first picture of a video is, if one was sent."""
        return poster_of(self._home / kept.path)

    def add_poster(self, kept: KeptFile, content: bytes) -> None:
        """Keep the first picture of a video, re-encoded and small. Problems: 415 no video or no picture, 422 broken."""
        try:
            kind = media.kind_of(content[:16])
            if kind == "VIDEO" or not kept.mime.startswith("video/"):
                raise media.WrongKind("only a video has a poster, and a poster is a picture")
            picture = media.read_poster(content, kind)
        except media.WrongKind as error:
            raise Problem(415, "unsupported-media", f"{error}.".capitalize()) from None
        except media.Unreadable as error:
            raise Problem(422, "unreadable-file", f"{error}.".capitalize()) from None
        place = self.poster(kept)
        # Sent again after a cut it takes the former's place.
        place.unlink(missing_ok=True)
        with self._create(place.relative_to(self._home)) as out:
            out.write(picture)

    def remove(self, talk_id: str, paths: Sequence[str]) -> None:
        """Take the files of an erased talk away."""
        for path in paths:
            self._unlink(path)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self._home / self._folder(talk_id))

    def _unlink(self, path: str) -> None:
        (self._home / path).unlink(missing_ok=True)
        poster_of(self._home / path).unlink(missing_ok=True)

    def _photo(self, talk_id: str, file_id: str, file: BinaryIO, kind: str) -> KeptFile:
        photo = media.read_photo(file, kind)
        path = self._place(talk_id, file_id, photo.media_type)
        with self._create(path) as out:
            out.write(photo.content)
        return KeptFile(file_id, photo.media_type, len(photo.content), str(path), photo.width, photo.height)

    def _video(self, talk_id: str, file_id: str, file: BinaryIO) -> KeptFile:
        video = media.read_video(file)
        path = self._place(talk_id, file_id, video.media_type)
        file.seek(0)
        with self._create(path) as out:
            shutil.copyfileobj(file, out, 1024 * 1024)
        with (self._home / path).open("r+b") as kept:
            media.blank_private_boxes(kept)
            size = kept.seek(0, os.SEEK_END)
        return KeptFile(file_id, video.media_type, size, str(path))

    def _create(self, path: Path) -> BinaryIO:
        handle = os.open(self._home / path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        return os.fdopen(handle, "wb")

    def _place(self, talk_id: str, file_id: str, media_type: str) -> Path:
        folder = self._folder(talk_id)
        (self._home / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder / f"{file_id}.{ENDINGS[media_type]}"

    @staticmethod
    def _folder(talk_id: str) -> Path:
        # Ids are ours (letters, digits, - and _), so they are safe names.
        return Path("attachments") / talk_id


def poster_of(path: Path) -> Path:
    """Beside a video: its first picture."""
    return path.with_name(f"{path.stem}.poster.jpg")
