"""Photos and videos: taken by what they are, cleaned, bounded, and shown only to who sent them."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.gateway.support import FakeEngine, Gateway, Shopper, bubble, picture, turn

MEGABYTE = 1024 * 1024


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, name) + body


def video(seconds: float, *, brand: bytes = b"isom", track: float | None = None, extra: bytes = b"", data: int = 100) -> bytes:
    """A minimal MP4: ftyp, mdat, then moov at the end, as phones write it."""
    header = bytes(12) + struct.pack(">II", 1000, int(seconds * 1000)) + bytes(80)
    media = box(b"mdia", box(b"mdhd", bytes(12) + struct.pack(">II", 1000, int((track or seconds) * 1000)) + bytes(4)))
    moov = box(b"moov", box(b"mvhd", header) + box(b"trak", media) + extra)
    return box(b"ftyp", brand + bytes(4)) + box(b"mdat", bytes(data)) + moov


def bomb(side: int) -> bytes:
    """A PNG of a few kilobytes whose header promises side×side pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    rows = zlib.compress(bytes(side * 4), 9) * 3
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_photo_is_kept_and_given_back(shopper: Shopper, kind: str) -> None:
    sent = await shopper.upload(picture(kind), name="virus.exe")
    assert sent.status_code == 201
    assert (sent.json()["width"], sent.json()["height"]) == (64, 48)
    back = await shopper.http.get(f"{shopper.path}/attachments/{sent.json()['id']}", headers=shopper.headers)
    assert back.status_code == 200
    assert back.headers["content-type"] == sent.json()["mime"]
    assert Image.open(io.BytesIO(back.content)).size == (64, 48)


async def test_where_and_with_what_a_photo_was_taken_is_stripped(shopper: Shopper, gateway: Gateway) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (30.0, 16.0, 1.0)
    sent = await shopper.upload(picture(exif=exif, comment=b"home address"))
    stored = next((gateway.services.settings.attachments / shopper.id).iterdir())
    content = stored.read_bytes()
    assert b"SecretPhone" not in content
    assert b"home address" not in content
    assert b"Exif" not in content
    assert (sent.json()["width"], sent.json()["height"]) == (48, 64), "turned upright before its orientation is forgotten"
    assert stored.stat().st_mode & 0o077 == 0


async def test_a_photo_in_a_message_reaches_the_engine_by_its_id(shopper: Shopper, engine: FakeEngine) -> None:
    photo = (await shopper.upload(picture())).json()["id"]
    answer = await shopper.post({"text": "开线了", "attachment_ids": [photo]})
    assert answer.status_code == 200
    assert [file["id"] for file in answer.json()["message"]["attachments"]] == [photo]
    assert engine.turns[0]["metadata"]["photo_ids"] == [photo]


async def test_a_photo_alone_is_asked_about(shopper: Shopper, engine: FakeEngine) -> None:
    photo = (await shopper.upload(picture())).json()["id"]
    answer = await shopper.post({"attachment_ids": [photo]})
    assert answer.json()["replies"][0]["buttons"]
    assert engine.turns == []
    await shopper.ask("这个开线了")
    assert engine.turns[0]["metadata"]["photo_ids"] == [photo]


async def test_a_photo_alone_in_the_middle_of_a_question_leads_back_to_it(shopper: Shopper, engine: FakeEngine) -> None:
    engine.answer = lambda body: turn(bubble("请发照片"), active_loop="return_form", requested_slot="remedy")
    await shopper.ask("开线了")
    photo = (await shopper.upload(picture())).json()["id"]
    replies = (await shopper.post({"attachment_ids": [photo]})).json()["replies"]
    assert "上面的问题" in replies[0]["text"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 415),
        (b"GIF89a" + bytes(40), 415),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415),
        (b"<html><script>alert(1)</script>", 415),
        (b"%PDF-1.7", 415),
        (picture()[:200], 422),
        (b"\xff\xd8\xff\xe0" + b"rubbish" * 50, 422),
        (b"\x89PNG\r\n\x1a\n" + b"rubbish" * 50, 422),
        (bomb(50_000), 422),
        (picture() + bytes(8 * MEGABYTE), 413),
        (video(0), 422),
        (video(31), 422),
        (video(5, track=600), 422),
        (box(b"ftyp", b"isom" + bytes(4)) + box(b"mdat", bytes(50)), 422),
        (box(b"ftyp", b"isom" + bytes(4)) + struct.pack(">I4s", 2**31, b"moov"), 422),
        (box(b"ftyp", b"isom" + bytes(4)) + box(b"moov", box(b"mvhd", b"\x00")), 422),
    ],
    ids=[
        "empty",
        "GIF",
        "SVG",
        "HTML",
        "PDF",
        "cut off",
        "broken JPEG",
        "broken PNG",
        "bomb",
        "9 MB",
        "no length",
        "31 s",
        "lying header",
        "no moov",
        "long moov",
        "short mvhd",
    ],
)
async def test_what_is_no_sound_photo_or_short_video_is_refused(shopper: Shopper, gateway: Gateway, content: bytes, status: int) -> None:
    answer = await shopper.upload(content)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    folder = gateway.services.settings.attachments / shopper.id
    assert not folder.exists() or not list(folder.iterdir())


async def test_a_short_video_is_kept_without_its_place(shopper: Shopper, gateway: Gateway) -> None:
    sent = await shopper.upload(video(12, brand=b"qt  ", extra=box(b"udta", b"+30.27-120.15/ home"), data=3 * MEGABYTE))
    assert sent.status_code == 201
    assert sent.json()["mime"] == "video/quicktime"
    stored = next((gateway.services.settings.attachments / shopper.id).iterdir()).read_bytes()
    assert b"+30.27" not in stored
    assert b"udta" not in stored
    assert len(stored) > 3 * MEGABYTE


async def test_a_video_above_fifty_megabytes_is_not_even_read(shopper: Shopper) -> None:
    answer = await shopper.upload(video(5, data=51 * MEGABYTE))
    assert answer.status_code == 413


async def test_a_large_photo_is_made_smaller(shopper: Shopper) -> None:
    sent = await shopper.upload(picture(size=(4000, 3000)))
    assert (sent.json()["width"], sent.json()["height"]) == (2560, 1920)


async def test_another_talks_photo_can_neither_be_read_nor_sent(http: httpx.AsyncClient, shopper: Shopper) -> None:
    other = await Shopper.come(http)
    photo = (await other.upload(picture())).json()["id"]
    assert (await http.get(f"{shopper.path}/attachments/{photo}", headers=shopper.headers)).status_code == 404
    assert (await http.get(f"{other.path}/attachments/{photo}", headers=shopper.headers)).status_code == 404
    assert (await shopper.post({"attachment_ids": [photo]})).status_code == 422


async def test_a_form_without_a_file_and_a_body_without_a_form(shopper: Shopper) -> None:
    path = f"{shopper.path}/attachments"
    assert (await shopper.http.post(path, files={"other": b"x"}, headers=shopper.headers)).status_code == 422
    assert (await shopper.http.post(path, json={}, headers=shopper.headers)).status_code == 415
    broken = {**shopper.headers, "Content-Type": "multipart/form-data; boundary=x"}
    assert (await shopper.http.post(path, content=b"rubbish", headers=broken)).status_code in (400, 422)


async def test_a_file_outside_the_folder_is_never_served(shopper: Shopper, home: Path) -> None:
    for name in ("../../shop.db", "..%2f..%2fshop.db", "%2e%2e/secrets/identity_secret"):
        answer = await shopper.http.get(f"{shopper.path}/attachments/{name}", headers=shopper.headers)
        assert answer.status_code == 404
    assert (await shopper.http.get("/static/../app.py")).status_code == 404
    assert (await shopper.http.get("/static/%2e%2e/app.py")).status_code == 404
