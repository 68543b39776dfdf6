"""A shop brings its promotions: from YAML, CSV and XLSX alike, all or nothing, each bad cell named."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine

from shop.catalogue import ShopRepository
from shop.clock import SHANGHAI, Clock
from shop.db import writing
from shop.importer import ImportRefused, import_files
from shop.seed import DEMO_PROMOTIONS, seed, store_promotions

HEADERS = "活动编号,活动名称,类型,范围,适用,满减,每满,活动价,定金,定金抵,尾款开始,尾款结束,活动位,互斥组,可用券,限购,开始时间,结束时间"


def csv_of(folder: Path, *rows: str, name: str = "活动20261122.csv", headers: str = HEADERS) -> Path:
    path = folder / name
    path.write_text("\n".join([headers, *rows]) + "\n", encoding="utf-8")
    return path


def errors_of(engine: Engine, clock: Clock, path: Path) -> set[tuple[str, int, str]]:
    before = ShopRepository(engine, "demo", clock).promotions()
    with pytest.raises(ImportRefused) as caught:
        import_files(engine, clock, [path])
    assert ShopRepository(engine, "demo", clock).promotions() == before
    return {(error.file, error.row, error.column) for error in caught.value.errors}


def test_a_table_in_chinese_is_the_shops_promotions(engine: Engine, clock: Clock, tmp_path: Path) -> None:
    path = csv_of(
        tmp_path,
        "m1,店庆满减,满减,全店,,满200减20；满400减50,,,,,,,steps,,否,,2026/11/25,2026年11月30日",
        "m2,每满减,full_reduction,品类,clothing、bedding,满300减40,是,,,,,,,f,,3,,",
        "m3,限时价,限时价,商品,p1001,,,149,,,,,,,,,2026-11-25 20:00,2026-11-25 22:00",
        "m4,预售,预售,商品,p2003,,,659,100,150,2026-12-05 20:00,2026-12-08,,,,2,2026-11-27,2026-12-03",
    )
    assert import_files(engine, clock, [path])["promotions"] == {"created": 4}
    found = {one.promotion_id: one for one in ShopRepository(engine, "demo", clock).promotions()}
    steps = found["m1"]
    assert [(one.from_, one.off) for one in steps.steps] == [(Decimal(200), Decimal(20)), (Decimal(400), Decimal(50))]
    assert (steps.with_coupons, steps.slot, steps.every) == (False, "steps", False)
    assert steps.period.begins == datetime(2026, 11, 25, tzinfo=SHANGHAI)
    assert steps.period.ends == datetime(2026, 12, 1, tzinfo=SHANGHAI)  # a day is the whole day
    assert (found["m2"].targets, found["m2"].every, found["m2"].limit, found["m2"].group) == (("clothing", "bedding"), True, 3, "f")
    assert found["m3"].period.ends == datetime(2026, 11, 25, 22, tzinfo=SHANGHAI)  # a time is that time
    assert (found["m4"].deposit, found["m4"].deposit_worth) == (Decimal(100), Decimal(150))
    assert found["m4"].balance.ends == datetime(2026, 12, 9, tzinfo=SHANGHAI)
    assert import_files(engine, clock, [path])["promotions"] == {"unchanged": 4}


def test_yaml_and_a_workbook_say_the_same(engine: Engine, clock: Clock, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "活动"
    sheet.append(["活动编号", "活动名称", "类型", "满减", "开始时间", "结束时间"])
    sheet.append(["s1", "满减", "满减", "200-20;400-50", datetime(2026, 11, 25), datetime(2026, 11, 30)])
    book.save(tmp_path / "book.xlsx")
    plain = tmp_path / "plain.yml"
    plain.write_text(
        "promotions:\n  - {id: s1, name: 满减, kind: full_reduction, steps: [{from: 400, less: 50}, {from: 200, less: 20}],"
        " valid_from: 2026-11-25, valid_to: 2026-11-30}\n",
        encoding="utf-8",
    )
    import_files(engine, clock, [tmp_path / "book.xlsx"])
    before = ShopRepository(engine, "demo", clock).promotions()
    assert import_files(engine, clock, [plain])["promotions"] == {"unchanged": 1}
    assert ShopRepository(engine, "demo", clock).promotions() == before


def test_every_bad_cell_of_a_promotion_is_named(engine: Engine, clock: Clock, tmp_path: Path) -> None:
    path = csv_of(
        tmp_path,
        "b1,甲,打折,全店,,满200减20,,,,,,,,,,,,",
        "b2,乙,满减,全店,,满200送20,,,,,,,,,,,,",
        "b3,丙,满减,全店,,满20减30,,,,,,,,,,,,",
        "b4,丁,限时价,商品,p1001、p9999,,,149,,,,,,,,,,",
        "b5,戊,限时价,商品,p1001,,,149,,,,,,,,0,,",
        "b6,己,满减,品类,沙发,满200减20,,,,,,,,,,,,",
        "b7,庚,满减,全店,,满200减20,,,,,,,,,,,2026-11-30,2026-11-25",
        "b8,辛,预售,商品,p2003,,,659,100,150,2026-12-01,2026-12-08,,,,,2026-11-27,2026-12-03",
    )
    assert errors_of(engine, clock, path) == {
        ("活动20261122.csv", 2, "类型"),
        ("活动20261122.csv", 3, "满减"),
        ("活动20261122.csv", 4, "满减"),
        ("活动20261122.csv", 5, "适用"),
        ("活动20261122.csv", 6, "限购"),
        ("活动20261122.csv", 7, "适用"),
        ("活动20261122.csv", 8, "结束时间"),
        ("活动20261122.csv", 9, "尾款开始"),
    }


def test_two_promotions_of_a_slot_may_not_overlap(engine: Engine, clock: Clock, tmp_path: Path) -> None:
    twice = csv_of(
        tmp_path,
        "c1,甲,满减,全店,,满200减20,,,,,,,one,,,,2026-11-25,2026-11-30",
        "c2,乙,满减,全店,,满300减40,,,,,,,one,,,,2026-11-30,2026-12-02",
    )
    assert errors_of(engine, clock, twice) == {("活动20261122.csv", 2, "开始时间"), ("活动20261122.csv", 3, "开始时间")}
    everyday = csv_of(tmp_path, "c1,甲,满减,全店,,满200减20,,,,,,,one,,,,,", "c2,乙,满减,全店,,满300减40,,,,,,,one,,,,,")
    assert errors_of(engine, clock, everyday) == {("活动20261122.csv", 2, "活动位"), ("活动20261122.csv", 3, "活动位")}
    stored = csv_of(tmp_path, "c3,丙,满减,全店,,满200减20,,,,,,,shop-steps,,,,2026-12-12,2026-12-13")
    assert errors_of(engine, clock, stored) == {("活动20261122.csv", 2, "开始时间")}  # with the stored one of December
    same = csv_of(tmp_path, "c4,丁,满减,全店,,满200减20,,,,,,,,,,,,", "c4,丁,满减,全店,,满200减20,,,,,,,,,,,,")
    assert errors_of(engine, clock, same) == {("活动20261122.csv", 3, "活动编号")}
    beside = csv_of(tmp_path, "c1,甲,满减,全店,,满200减20,,,,,,,one,,,,2026-11-25,2026-11-29", "c2,乙,满减,全店,,满9减1,,,,,,,one,,,,,")
    assert import_files(engine, clock, [beside])["promotions"] == {"created": 2}


def test_a_row_states_a_promotion_whole(engine: Engine, clock: Clock, tmp_path: Path) -> None:
    import_files(engine, clock, [csv_of(tmp_path, "pillow-half,枕芯第二件半价,第二件半价,商品,p2002,,,,,,,,,,,,,")])
    found = next(one for one in ShopRepository(engine, "demo", clock).promotions() if one.promotion_id == "pillow-half")
    assert (found.period.always, found.limit) == (True, None)


def test_the_demonstration_shop_has_its_promotions(engine: Engine, clock: Clock) -> None:
    ids = [one.promotion_id for one in ShopRepository(engine, "demo", clock).promotions()]
    assert ids == sorted(ids)
    assert {"d11-steps", "pillow-half", "quilt-presale", "d12-every", "spring-steps"} <= set(ids)
    seed(engine, clock, fresh=True)
    assert [one.promotion_id for one in ShopRepository(engine, "demo", clock).promotions()] == ids


def test_a_seed_whose_promotions_overlap_is_refused(engine: Engine, clock: Clock) -> None:
    one = {"id": "x1", "name": "满减", "kind": "full_reduction", "slot": "shop-steps", "steps": "满200减20", "valid_from": "2026-11-11"}
    with pytest.raises(ValueError, match=f"{DEMO_PROMOTIONS.name}: slot shop-steps"), writing(engine) as session:
        store_promotions(session, "demo", [one], clock.now())


def test_another_shop_has_promotions_of_its_own(engine: Engine, clock: Clock, tmp_path: Path) -> None:
    own = tmp_path / "own.yml"
    own.write_text(
        "shop: {id: other, name: 另一家}\npromotions:\n  - {id: d11-steps, name: 自己的满减, kind: full_reduction, steps: 满100减10}\n",
        encoding="utf-8",
    )
    import_files(engine, clock, [own])
    assert [one.name for one in ShopRepository(engine, "other", clock).promotions()] == ["自己的满减"]
    assert "自己的满减" not in [one.name for one in ShopRepository(engine, "demo", clock).promotions()]
