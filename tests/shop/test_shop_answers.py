"""Reviewed answers: read at every question, round trip of files, what is refused and where; the facts that are missing."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from shop import answers as command
from shop.answer_files import HEADERS, export
from shop.answers import Answers, series_of
from shop.catalogue import ShopRepository
from shop.clock import Clock
from shop.db import writing
from shop.importer import ImportRefused, import_files
from shop.models import ProductAnswer
from shop.seed import seed

NEW = ("商品", "p1001", "", "腰带", "带不带腰带；腰带能取吗", "配一条同色腰带", "商品详情页", "", "")


@pytest.fixture
def answers(engine: Engine, clock: Clock) -> Answers:
    return Answers(engine, "demo", clock)


def sheet(path: Path, *rows: tuple[str, ...], headers: tuple[str, ...] = HEADERS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([headers, *rows])
    return path


def told(answers: Answers, product_id: str, attribute: str) -> str | None:
    product = ShopRepository(answers.engine, "demo", answers.clock).product(product_id)
    assert product is not None
    found = answers.of(product).get(attribute)
    return found.text if found else None


def stored(answers: Answers) -> list[tuple[object, ...]]:
    return [(row.id, row.scope, row.target, row.questions, row.answer, row.source, row.valid_from, row.valid_to) for row in answers.rows()]


def test_the_demonstration_has_answers_of_every_scope(answers: Answers) -> None:
    assert {row.scope for row in answers.rows()} == {"kind", "series", "product"}
    assert all(row.source == "demo" or row.source.startswith("demo_shop.yml: ") for row in answers.rows())
    assert told(answers, "p1001", "pockets") == "没有口袋"


def test_kind_series_and_product_are_inherited_in_that_order(answers: Answers) -> None:
    assert told(answers, "p2001", "first_use") == "建议先按洗护说明洗一遍，晾干后再用"
    assert "不可水洗" in str(told(answers, "p2002", "first_use"))
    assert "组装" in str(told(answers, "p3002", "assembly"))
    assert told(answers, "p3003", "assembly") == "整装发货，不用组装"
    assert told(answers, "p1001", "assembly") is None


def test_the_series_of_a_product_is_its_own_or_its_brand(answers: Answers) -> None:
    repo = ShopRepository(answers.engine, "demo", answers.clock)
    branded, plain = repo.product("p2003"), repo.product("p1001")
    assert branded is not None
    assert plain is not None
    assert series_of(branded) == ("棉朵",)
    assert series_of(plain) == ()
    branded.attributes["series"] = ["冬被", "礼品"]
    assert series_of(branded) == ("冬被", "礼品")


@pytest.mark.parametrize("name", ["商品问答.csv", "商品问答.xlsx"])
def test_what_is_exported_imports_to_the_same(answers: Answers, clock: Clock, tmp_path: Path, name: str) -> None:
    dated = ("系列", "栖木", "", "包装", "", "活动期间加木架", "仓库", "2026-11-01", "2026-11-11T20:30+08:00")
    import_files(answers.engine, clock, [sheet(tmp_path / "问答.csv", NEW, dated)], shop_id="demo")
    before = stored(answers)
    assert export(answers, tmp_path / name) == len(before)
    assert import_files(answers.engine, clock, [tmp_path / name], shop_id="demo")["answers"] == {"unchanged": len(before)}
    with writing(answers.engine) as session:
        session.query(ProductAnswer).delete()
    import_files(answers.engine, clock, [tmp_path / name], shop_id="demo")
    assert stored(answers) == before


def test_a_changed_answer_is_read_at_once_and_others_stay(answers: Answers, clock: Clock, tmp_path: Path) -> None:
    count = len(answers.rows())
    changed = ("商品", "p1001", "", "口袋", "", "两侧各有1个口袋", "商品详情页", "", "")
    assert import_files(answers.engine, clock, [sheet(tmp_path / "问答.csv", changed)], shop_id="demo")["answers"] == {"updated": 1}
    assert (told(answers, "p1001", "pockets"), len(answers.rows())) == ("两侧各有1个口袋", count)


def test_an_answer_is_switched_by_the_clock(answers: Answers, clock: Clock, tmp_path: Path) -> None:
    everyday = ("商品", "p2001", "", "包装", "", "手提袋", "仓库", "", "")
    dated = ("商品", "p2001", "", "包装", "", "双11用简装", "仓库", "2026-11-11", "2026-11-12")
    import_files(answers.engine, clock, [sheet(tmp_path / "问答.csv", everyday, dated)], shop_id="demo")
    then = {
        day: told(Answers(answers.engine, "demo", Clock(fixed=datetime.fromisoformat(f"{day}T12:00:00+08:00"))), "p2001", "packaging")
        for day in ("2026-11-10", "2026-11-11", "2026-11-12", "2026-11-13")
    }
    assert list(then.values()) == ["手提袋", "双11用简装", "双11用简装", "手提袋"]


@pytest.mark.parametrize(
    ("row", "column", "problem"),
    [
        (("商品", "p9999", "", "口袋", "", "没有", "页", "", ""), "适用对象", "no such product"),
        (("类别", "鞋子", "", "口袋", "", "没有", "页", "", ""), "适用对象", "no such kind"),
        (("店铺", "demo", "", "口袋", "", "没有", "页", "", ""), "适用范围", "allowed are"),
        (("商品", "p1001", "", "口袋", "", "", "页", "", ""), "答案", "empty"),
        (("商品", "p1001", "", "口袋", "", "没有", "", "", ""), "来源", "empty"),
        (("商品", "p1001", "", "口袋", "", "长" * 71, "页", "", ""), "答案", "at most 70"),
        (("商品", "p1001", "", "口袋", "", "见{price}", "页", "", ""), "答案", "not spoken"),
        (("商品", "p1001", "", "口袋", "", "没有", "页", "2026-11-11", "2026-11-01"), "结束日期", "before valid_from"),
        (("商品", "p1001", "", "口袋", "", "没有", "页", "下个月", ""), "开始日期", "expected"),
        (("商品", "p1001", "", "弹力", "", "百分百不变形", "页", "", ""), "答案", "forbids"),
        (("商品", "p3002", "", "气味", "", "没有甲醛，放心", "页", "", ""), "答案", "hn_15"),
        (("商品", "p2002", "", "适合人群", "", "孕妇也可以用", "页", "", ""), "答案", "health"),
        (("商品", "p2002", "", "作用", "能明目吗", "没有", "页", "", ""), "问法", "health"),
        (("商品", "p4001", "", "护眼", "", "不伤眼", "页", "", ""), "属性", "health"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_stored(
    answers: Answers, clock: Clock, tmp_path: Path, row: tuple[str, ...], column: str, problem: str
) -> None:
    before = stored(answers)
    with pytest.raises(ImportRefused) as refused:
        import_files(answers.engine, clock, [sheet(tmp_path / "问答.csv", NEW, row)], shop_id="demo")
    named = [error for error in refused.value.errors if error.column == column]
    assert named
    assert (named[0].file, named[0].row) == ("问答.csv", 3)
    assert any(problem in error.problem for error in named)
    assert all(error.remedy for error in refused.value.errors)
    assert stored(answers) == before


@pytest.mark.parametrize("second", [("", ""), ("2026-11-10", "2026-11-20")])
def test_two_answers_at_the_same_time_are_refused(answers: Answers, clock: Clock, tmp_path: Path, second: tuple[str, str]) -> None:
    first = ("2026-11-01", "2026-11-10") if second[0] else second
    rows = [("商品", "p1001", "", "口袋", "", text, "页", *dates) for text, dates in (("没有", first), ("有2个", second))]
    with pytest.raises(ImportRefused, match=r"row 3, column 开始日期.*row 2"):
        import_files(answers.engine, clock, [sheet(tmp_path / "问答.csv", *rows)], shop_id="demo")


def test_the_name_of_a_lamp_is_no_claim(answers: Answers, clock: Clock, tmp_path: Path) -> None:
    row = ("商品", "p4001", "", "重量", "智能护眼台灯多重", "1.2公斤", "页", "", "")
    assert import_files(answers.engine, clock, [sheet(tmp_path / "问答.csv", row)], shop_id="demo")["answers"] == {"created": 1}


def test_questions_without_an_answer_are_counted_until_there_is_one(answers: Answers, clock: Clock, tmp_path: Path) -> None:
    for attribute in ("belt", "other", "belt"):
        answers.count_missing("p1001", attribute)
    assert [(one.product, one.name, one.times) for one in answers.missing()] == [
        ("碎花雪纺连衣裙", "腰带", 2),
        ("碎花雪纺连衣裙", "您问的这一项", 1),
    ]
    import_files(answers.engine, clock, [sheet(tmp_path / "问答.csv", NEW)], shop_id="demo")
    assert [one.attribute for one in answers.missing()] == ["other"]
    assert [one.attribute for one in answers.missing(answered_too=True)] == ["belt", "other"]


def test_the_seed_keeps_what_a_trainer_has_changed(answers: Answers, clock: Clock) -> None:
    answers.remove(["p1001.pockets"])
    seed(answers.engine, clock)
    assert told(answers, "p1001", "pockets") is None
    seed(answers.engine, clock, fresh=True)
    assert told(answers, "p1001", "pockets") == "没有口袋"


def test_a_demonstration_of_before_gets_its_answers(answers: Answers, clock: Clock) -> None:
    with writing(answers.engine) as session:
        session.query(ProductAnswer).delete()
    seed(answers.engine, clock)
    assert told(answers, "p1001", "pockets") == "没有口袋"


def test_the_commands_export_remove_and_tell_what_is_missing(
    answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XIAOER_DATABASE_URL", str(answers.engine.url))
    answers.count_missing("p3001", "capacity")
    assert command.main(["missing"]) == 0
    assert "p3001 布艺三人沙发：承重" in capsys.readouterr().out
    assert command.main(["export", str(tmp_path / "问答.csv")]) == 0
    assert command.main(["remove", "p1001.pockets", "none"]) == 0
    assert "1 removed" in capsys.readouterr().out
    assert command.main(["export", str(tmp_path / "问答.doc")]) == 1
    assert ".csv or .xlsx" in capsys.readouterr().err
