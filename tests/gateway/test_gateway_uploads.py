"""Uploads in parts: a cut costs one part, a finish asked twice makes one file; posters of videos; what is told of HEIC."""

from __future__ import annotations

import os
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from gateway.uploads import LEFT, MOST_OPEN, PART_BYTES
from tests.gateway.support import FakeEngine, Gateway, Shopper, bubble, picture, turn
from tests.gateway.test_gateway_attachments import box, video


async def begin(shopper: Shopper, size: int) -> dict[str, Any]:
    answer = await shopper.http.post(f"{shopper.path}/uploads", json={"size": size}, headers=shopper.headers)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def put(shopper: Shopper, upload: str, offset: int, part: bytes) -> httpx.Response:
    address = f"{shopper.path}/uploads/{upload}?offset={offset}"
    return await shopper.http.put(address, files={"file": ("part", part)}, headers=shopper.headers)


async def done(shopper: Shopper, upload: str) -> httpx.Response:
    return await shopper.http.post(f"{shopper.path}/uploads/{upload}/done", headers=shopper.headers)


async def test_a_video_arrives_in_parts_and_goes_on_where_it_was_cut(shopper: Shopper, gateway: Gateway, engine: FakeEngine) -> None:
    content = video(12, data=2 * PART_BYTES + 700)
    upload = (await begin(shopper, len(content)))["id"]
    assert (await put(shopper, upload, 0, content[:PART_BYTES])).json()["offset"] == PART_BYTES
    # The answer to the first part was lost: the same part again, or a later one, is told where the upload stands.
    for wrong in (0, 2 * PART_BYTES):
        refused = await put(shopper, upload, wrong, content[wrong : wrong + 10])
        assert (refused.status_code, refused.json()["offset"]) == (409, PART_BYTES)
    assert (await done(shopper, upload)).status_code == 409
    stands = await shopper.http.get(f"{shopper.path}/uploads/{upload}", headers=shopper.headers)
    assert stands.json()["offset"] == PART_BYTES
    await put(shopper, upload, PART_BYTES, content[PART_BYTES : 2 * PART_BYTES])
    await put(shopper, upload, 2 * PART_BYTES, content[2 * PART_BYTES :])
    made = await done(shopper, upload)
    assert (made.status_code, made.json()["mime"]) == (201, "video/mp4")
    assert (await done(shopper, upload)).json() == made.json(), "asked again after a cut, it is the same file"
    engine.answer = lambda body: turn(bubble("收到"))
    sent = await shopper.post({"text": "裂了", "attachment_ids": [made.json()["id"]]})
    assert sent.status_code == 200
    assert engine.turns[-1]["metadata"]["photo_ids"] == [made.json()["id"]], "videos are evidence as photos are"
    assert list((gateway.services.settings.home / "attachments" / shopper.id).glob("*.part")) == []


async def test_what_arrives_in_parts_is_checked_like_any_file(shopper: Shopper) -> None:
    for content, status, kind in (
        (b"MZ" + bytes(400), 415, "unsupported-media"),
        (video(45), 422, "video-too-long"),
        (box(b"ftyp", b"heic" + bytes(8)) + bytes(200), 415, "heic"),
    ):
        upload = (await begin(shopper, len(content)))["id"]
        assert (await put(shopper, upload, 0, content)).status_code == 200
        refused = await done(shopper, upload)
        assert (refused.status_code, refused.json()["type"]) == (status, f"urn:xiaoer:problem:{kind}")
        assert (await done(shopper, upload)).status_code == 404, "nothing of it is kept"


async def test_an_upload_belongs_to_its_talk_and_to_its_size(shopper: Shopper, http: httpx.AsyncClient) -> None:
    upload = (await begin(shopper, 100))["id"]
    other = await Shopper.come(http)
    assert (await put(other, upload, 0, bytes(10))).status_code == 404
    assert (await put(shopper, "u_100_..%2f..%2fshop", 0, bytes(10))).status_code == 404
    assert (await put(shopper, upload, 0, bytes(101))).status_code == 413
    assert (await put(shopper, upload, 0, bytes(PART_BYTES + 1))).status_code == 413
    assert (await http.post(f"{shopper.path}/uploads", json={"size": 60 * 1024 * 1024}, headers=shopper.headers)).status_code == 413
    assert (await http.put(f"{shopper.path}/uploads/{upload}?offset=0", content=b"x", headers=shopper.headers)).status_code == 415
    assert (await http.delete(f"{shopper.path}/uploads/{upload}", headers=shopper.headers)).status_code == 204
    assert (await put(shopper, upload, 0, bytes(10))).status_code == 404


async def test_unfinished_uploads_are_few_and_thrown_away_after_a_day(shopper: Shopper, gateway: Gateway) -> None:
    uploads = [(await begin(shopper, 100))["id"] for _ in range(MOST_OPEN)]
    assert (await shopper.http.post(f"{shopper.path}/uploads", json={"size": 1}, headers=shopper.headers)).status_code == 409
    folder = gateway.services.settings.home / "attachments" / shopper.id
    old = time.time() - LEFT - 60
    os.utime(folder / f"{uploads[0]}.part", (old, old))
    assert gateway.services.uploads.sweep() == 1
    assert (await shopper.http.post(f"{shopper.path}/uploads", json={"size": 1}, headers=shopper.headers)).status_code == 201
    assert (await shopper.http.delete(shopper.path, headers=shopper.headers)).status_code == 200
    assert not folder.exists(), "erasing the talk erases what was on its way"


async def test_a_videos_first_picture_is_made_anew_and_goes_with_it(shopper: Shopper, gateway: Gateway) -> None:
    film = (await shopper.upload(video(5))).json()["id"]
    still = (await shopper.upload(picture())).json()["id"]

    async def poster(file: str, content: bytes) -> int:
        address = f"{shopper.path}/attachments/{file}/poster"
        return (await shopper.http.put(address, files={"file": ("p.jpg", content)}, headers=shopper.headers)).status_code

    address = f"{shopper.path}/attachments/{film}/poster"
    assert (await shopper.http.get(address, headers=shopper.headers)).status_code == 404
    assert await poster(film, picture(size=(1600, 900))) == 204
    back = await shopper.http.get(address, headers=shopper.headers)
    assert back.headers["content-type"] == "image/jpeg"

    assert max(Image.open(BytesIO(back.content)).size) == 480
    assert await poster(film, picture("PNG")) == 204, "sent again it takes the former's place"
    assert await poster(still, picture()) == 415
    assert await poster(film, b"no picture at all") == 415
    assert await poster(film, b"\xff\xd8\xff" + bytes(50)) == 422
    assert await poster("a_unknown", picture()) == 404
    other = await Shopper.come(shopper.http)
    assert (await other.http.get(f"{other.path}/attachments/{film}/poster", headers=other.headers)).status_code == 404
    kept = gateway.services.store.file(shopper.id, film)
    assert kept is not None
    place: Path = gateway.services.files.poster(kept)
    assert place.is_file()
    assert place.stat().st_mode & 0o777 == 0o600
    gateway.services.housekeeping._remove(kept.path)
    assert not place.exists(), "retention takes the poster with its video"
