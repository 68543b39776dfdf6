"""What a file really is, whatever its name says: photos re-encoded, videos measured by their own headers.

Nothing here trusts a length or a type that a client states. All functions are synchronous and meant for a thread.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, ImageOps

IMAGE_BYTES = 8 * 1024 * 1024
VIDEO_BYTES = 50 * 1024 * 1024
VIDEO_SECONDS = 30.0
# A phone's largest ordinary photo has about 50 million pixels; decoded that is 150 MB for a moment.
IMAGE_PIXELS = 50_000_000
IMAGE_SIDE = 2560
POSTER_BYTES = 512 * 1024
POSTER_SIDE = 480
# Boxes that hold where and with what a video was taken.
PRIVATE_BOXES = (b"udta", b"meta", b"uuid")
CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"mvex")
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis")
VIDEO_BRANDS = (
    b"qt  ",
    b"isom",
    b"iso2",
    b"iso4",
    b"iso5",
    b"iso6",
    b"mp41",
    b"mp42",
    b"avc1",
    b"M4V ",
    b"MSNV",
    b"3gp4",
    b"3gp5",
    b"3gp6",
)


class WrongKind(Exception):
    """Neither a photo nor a video that we take (415)."""


class Heic(WrongKind):
    """A photo as iPhones write it by default: no decoder of ours reads it (415, told with a remedy)."""


class TooLarge(Exception):
    """More bytes than allowed (413)."""


class Unreadable(Exception):
    """The right kind and broken, bombed or too long (422). The text is for developers."""


class TooLong(Unreadable):
    """A video of more seconds than are taken (422)."""


@dataclass(frozen=True)
class Photo:
    """A photo as it is kept: re-encoded pixels, nothing else of the original. Sides in pixels."""

    content: bytes
    media_type: str
    width: int
    height: int


@dataclass(frozen=True)
class Video:
    """A video's own claims, checked. ``seconds`` from its moov header."""

    media_type: str
    seconds: float


def kind_of(head: bytes) -> str:
    """``JPEG``, ``PNG``, ``WEBP`` or ``VIDEO`` by the first 16 bytes. Raises :class:`WrongKind`."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp" and head[8:12] in VIDEO_BRANDS:
        return "VIDEO"
    if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS:
        raise Heic("HEIC pictures are not read here; send it as JPEG (camera setting: most compatible) or a screenshot")
    raise WrongKind("send a JPEG, PNG or WebP picture, or an MP4 or MOV video")


def read_photo(file: BinaryIO, kind: str) -> Photo:
    """Decode and encode again, upright, at most 2560 pixels a side, without metadata.

    ``kind`` is what :func:`kind_of` said: only that one decoder runs. Raises :class:`TooLarge` or :class:`Unreadable`.
    """
    file.seek(0)
    content = file.read(IMAGE_BYTES + 1)
    if len(content) > IMAGE_BYTES:
        raise TooLarge(f"a picture has at most {IMAGE_BYTES // 1024 // 1024} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=[kind]) as image:
                if image.width * image.height > IMAGE_PIXELS:
                    raise Unreadable(f"the picture has {image.width}×{image.height} pixels; at most {IMAGE_PIXELS} are read")
                # JPEG can be decoded smaller at once, which keeps a large photo out of memory.
                image.draft("RGB", (IMAGE_SIDE, IMAGE_SIDE))
                image.load()
                upright = ImageOps.exif_transpose(image)
    except Unreadable:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError, MemoryError) as error:
        raise Unreadable(f"the picture cannot be read ({type(error).__name__})") from error
    transparent = kind != "JPEG" and ("A" in upright.getbands() or "transparency" in upright.info)
    pixels = upright.convert("RGBA" if transparent else "RGB")
    pixels.thumbnail((IMAGE_SIDE, IMAGE_SIDE))
    # A new image, so that no info dictionary of the old one (EXIF, GPS, comments, profile) can travel along.
    clean = Image.new(pixels.mode, pixels.size)
    clean.paste(pixels)
    out = io.BytesIO()
    if transparent:
        clean.save(out, "PNG", optimize=False)
        return Photo(out.getvalue(), "image/png", clean.width, clean.height)
    clean.save(out, "JPEG", quality=85)
    return Photo(out.getvalue(), "image/jpeg", clean.width, clean.height)


def read_poster(content: bytes, kind: str) -> bytes:
    """A small JPEG of a video's first picture. Raises :class:`Unreadable`."""
    photo = read_photo(io.BytesIO(content), kind)
    with Image.open(io.BytesIO(photo.content)) as image:
        small = image.convert("RGB")
        small.thumbnail((POSTER_SIDE, POSTER_SIDE))
        out = io.BytesIO()
        small.save(out, "JPEG", quality=80)
        return out.getvalue()


def read_video(file: BinaryIO) -> Video:
    """Read a video's length from its ``moov`` header. Raises :class:`TooLarge` or :class:`Unreadable`."""
    size = file.seek(0, io.SEEK_END)
    if size > VIDEO_BYTES:
        raise TooLarge(f"a video has at most {VIDEO_BYTES // 1024 // 1024} MB")
    try:
        top = list(_boxes(file, 0, size))
        moov = next((box for box in top if box[0] == b"moov"), None)
        if moov is None:
            raise Unreadable("the video has no moov header")
        seconds = _seconds(file, *moov[1:])
        file.seek(8)
        brand = file.read(4)
    except (struct.error, ZeroDivisionError) as error:
        raise Unreadable("the video's header is broken") from error
    if seconds <= 0:
        raise Unreadable("the video does not say how long it is")
    if seconds > VIDEO_SECONDS + 0.5:
        raise TooLong(f"the video has {seconds:.0f} s; at most {VIDEO_SECONDS:.0f} s are taken")
    return Video("video/quicktime" if brand == b"qt  " else "video/mp4", seconds)


def blank_private_boxes(file: BinaryIO) -> int:
    """Overwrite place, device and comments of a video in place; returns how many boxes were blanked."""
    size = file.seek(0, io.SEEK_END)
    blanked = 0
    for name, start, end in list(_boxes(file, 0, size)):
        if name == b"moov":
            blanked += _blank(file, start, end)
        elif name in PRIVATE_BOXES:
            blanked += _overwrite(file, start, end)
    return blanked


def _blank(file: BinaryIO, start: int, end: int) -> int:
    blanked = 0
    for name, inner, stop in list(_boxes(file, start, end)):
        if name in PRIVATE_BOXES:
            blanked += _overwrite(file, inner, stop)
        elif name in CONTAINERS:
            blanked += _blank(file, inner, stop)
    return blanked


def _overwrite(file: BinaryIO, start: int, end: int) -> int:
    # The name stands in the four bytes before the body; "free" means that players skip the box.
    file.seek(start - 4)
    file.write(b"free")
    left = end - start
    while left > 0:
        left -= file.write(bytes(min(left, 65536)))
    return 1


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Boxes between two offsets: (name, start of body, end). Raises :class:`Unreadable` for lengths that cannot be."""
    count = 0
    while start + 8 <= end:
        count += 1
        if count > 4096:
            raise Unreadable("the video's header has too many parts")
        file.seek(start)
        length, name = struct.unpack(">I4s", file.read(8))
        body = start + 8
        if length == 1:
            # 64-bit length after the name. Such a box is large data (mdat), never one of those we overwrite.
            (length,) = struct.unpack(">Q", file.read(8))
            body += 8
        elif length == 0:
            length = end - start
        if start + length > end or start + length < body:
            raise Unreadable("the video's header has a wrong length")
        if not (name in PRIVATE_BOXES and body != start + 8):
            yield name, body, start + length
        start += length


def _seconds(file: BinaryIO, start: int, end: int) -> float:
    longest = 0.0
    scale = 0
    for name, body, stop in _boxes(file, start, end):
        if name == b"mvhd":
            file.seek(body)
            head = file.read(32)
            if head[0] == 1:
                scale, duration = struct.unpack(">IQ", head[20:32])
            else:
                scale, duration = struct.unpack(">II", head[12:20])
            longest = max(longest, duration / scale)
        elif name == b"mvex":
            # A fragmented video states its whole length here, if anywhere.
            for inner, at, _ in _boxes(file, body, stop):
                if inner == b"mehd" and scale:
                    file.seek(at)
                    head = file.read(12)
                    fragments = struct.unpack(">Q", head[4:12])[0] if head[0] == 1 else struct.unpack(">I", head[4:8])[0]
                    longest = max(longest, fragments / scale)
        elif name == b"trak":
            longest = max(longest, _track_seconds(file, body, stop))
    return longest


def _track_seconds(file: BinaryIO, start: int, end: int) -> float:
    """A track's own length (mdhd): a header that lies about the whole is caught by its longest track."""
    for name, body, stop in _boxes(file, start, end):
        if name == b"mdia":
            for inner, at, _ in _boxes(file, body, stop):
                if inner == b"mdhd":
                    file.seek(at)
                    head = file.read(32)
                    scale, duration = struct.unpack(">IQ", head[20:32]) if head[0] == 1 else struct.unpack(">II", head[12:20])
                    unknown = 2**64 - 1 if head[0] == 1 else 2**32 - 1
                    return 0.0 if duration == unknown or not scale else float(duration / scale)
    return 0.0
