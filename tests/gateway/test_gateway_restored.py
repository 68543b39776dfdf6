"""A backup is put back that holds a talk and a customer who were erased after it was made: they are erased again."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from gateway.data import subject_of
from gateway.erased_again import FILE
from shop.db import reading
from shop.models import Customer
from tests.gateway.conftest import Start
from tests.gateway.support import FakeEngine, Shopper, until


async def test_a_talk_that_was_erased_does_not_come_back_with_a_backup(start: Start, home: Path, engine: FakeEngine) -> None:
    async with start() as gateway:
        erased, kept = await Shopper.come(gateway.http), await Shopper.come(gateway.http)
        await erased.ask("我叫张晓丽")
        await kept.ask("你好")
        named = {"talks": [sha256(erased.id.encode()).hexdigest(), "0" * 64], "customers": [subject_of(gateway.services, "c05")]}
    (home / FILE).write_text(json.dumps(named), "utf-8")
    async with start() as gateway:

        async def done() -> bool:
            return not (home / FILE).exists()

        await until(done)
        assert (await gateway.http.get(erased.path, headers=erased.headers)).status_code in (401, 404)
        assert (await gateway.http.get(kept.path, headers=kept.headers)).status_code == 200
        assert engine.erased == [erased.id]
        with reading(gateway.services.database) as session:
            assert session.get(Customer, ("demo", "c05")) is None
            assert session.get(Customer, ("demo", "c01")) is not None
