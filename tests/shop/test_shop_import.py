"""A shop brings its own data: files all or nothing, and its system's deliveries by version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine, func, select

from shop import importer
from shop.catalogue import ShopRepository
from shop.clock import Clock
from shop.db import ROOT, reading
from shop.importer import ImportRefused, import_files
from shop.models import Base, CouponRow, Order, Product
from shop.readers import BadCell, kind_of
from shop.records import SCHEMAS

Write = Callable[[str, str], Path]

SHOP = "shop:\n  id: demo\n  name: 自家店\n  postage: 8.5\n  gifts: [袋子]\n  couriers:\n    - {id: yto, name: 圆通, fee: 8}\n"


@pytest.fixture(autouse=True)
def no_shop_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XIAOER_SHOP_ID", raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Write:
    """Writes a text file and returns its path."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    """Writes a workbook with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def rows_of(engine: Engine) -> dict[str, int]:
    with reading(engine) as session:
        return {name: session.scalar(select(func.count()).select_from(table)) or 0 for name, table in Base.metadata.tables.items()}


def refused(engine: Engine, clock: Clock, *paths: Path, **options: Any) -> list[BadCell]:
    """The errors of an import that must leave everything as it was."""
    before = rows_of(engine)
    with pytest.raises(ImportRefused) as caught:
        import_files(engine, clock, paths, **options)
    assert rows_of(engine) == before
    for error in caught.value.errors:
        assert error.file
        assert error.problem
        assert error.remedy
    return caught.value.errors


def test_a_shop_begins_with_a_yaml_file_and_tables_in_chinese(empty: Engine, clock: Clock, file: Write, tmp_path: Path) -> None:
    goods = workbook(
        tmp_path / "资料.xlsx",
        商品=[["商品编号", "商品名称", "类别", "价格", "底价", "颜色", "尺码"], ["A1", "裙子", "服装", 168.5, 150, "红、蓝", "S,M"]],
        尺码表=[["商品编号", "尺码", "身高", "体重", "胸围"], ["A1", "S", "150-158", "80～95", 84], ["A1", "M", "156-163", "92-108", 88]],
        库存=[["商品编号", "规格", "库存"], ["A1", "红/S", 3], ["A1", "红/M", 0]],
        顾客=[["顾客编号", "姓名", "手机号"], ["u1", "丁女士", 13700001234]],
    )
    orders = tmp_path / "订单2026-11.csv"
    orders.write_bytes(
        "订单号,会员号,商品编号,规格,订单状态,实付款,下单时间,支付方式,运费险,快递,快递单号,发货时间,#备注\r\n"
        "880100000001,u1,A1,红/M,已发货,￥168.50,2026/11/20 09:30,支付宝,是,yto,yt1,2026年11月21日 16:00,随便\r\n".encode("gbk")
    )
    counts = import_files(empty, clock, [file("shop.yml", SHOP), goods, orders])
    assert {kind: dict(found) for kind, found in counts.items()}["orders"] == {"created": 1}
    shop = ShopRepository(empty, "demo", clock)
    order = shop.order("880100000001")
    assert order is not None
    assert (order.paid, order.pay_by, order.insurance, order.tracking) == (Decimal("168.50"), "alipay", True, "YT1")
    assert order.ordered_at == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    assert order.product.size_chart[0].ranges["weight"] == (80.0, 95.0)
    assert order.product.stock == {"红/M": 0, "红/S": 3}
    assert (order.product.kind, order.product.colours, order.product.price) == ("clothing", ("红", "蓝"), Decimal("168.50"))
    customer = shop.customer("u1")
    assert customer is not None
    assert customer.phone_tail == "1234"
    assert "1234" not in repr(customer)
    assert shop.parameters() == {"postage": "8.5"}
    assert shop.shop().gifts == ("袋子",)


def test_bringing_the_same_files_again_changes_nothing(empty: Engine, clock: Clock, file: Write) -> None:
    paths = [file("shop.yml", SHOP), file("customers.csv", "id,name\nu1,丁\n"), file("products.csv", "id,name,price\nA1,裙,9\n")]
    import_files(empty, clock, paths)
    before = rows_of(empty)
    counts = import_files(empty, clock, paths)
    assert rows_of(empty) == before
    assert all(set(found) == {"unchanged"} for found in counts.values())


def test_columns_that_a_file_lacks_stay_as_they_are(engine: Engine, clock: Clock, file: Write) -> None:
    import_files(
        engine, clock, [file("products.csv", "id,price\np1001,170\n"), file("stock.csv", "product,variant,pieces\np1001,米白/M,1\n")]
    )
    dress = ShopRepository(engine, "demo", clock).product("p1001")
    assert dress is not None
    assert (dress.price, dress.floor_price, dress.name) == (Decimal(170), Decimal(149), "碎花雪纺连衣裙")
    assert len(dress.size_chart) == 4
    assert (dress.stock["米白/M"], dress.stock["米白/S"]) == (1, 12)


def test_every_bad_cell_is_named_and_nothing_is_stored(engine: Engine, clock: Clock, file: Write) -> None:
    good = file("customers.csv", "id,name\nu1,丁\n")
    bad = file(
        "orders.csv",
        "id,customer,product,state,paid,ordered_at,insurance\n"
        "8.8E+11,u1,p1001,paid,10,2026-11-20,no\n"
        "880100000002,u9,p1001,posted,ten,2026-02-30,perhaps\n"
        "\n"
        "880100000003,u1,p9999,paid,1.234,,no\n",
    )
    errors = refused(engine, clock, good, bad)
    assert {(error.row, error.column) for error in errors} == {
        (2, "id"),
        (3, "state"),
        (3, "paid"),
        (3, "ordered_at"),
        (3, "insurance"),
        (5, "paid"),
        (5, "ordered_at"),
    }
    assert {error.file for error in errors} == {"orders.csv"}
    assert next(error for error in errors if error.column == "paid").value == "ten"
    assert "row 3, column paid: 'ten'" in str(errors[2]) or "row 3" in str(errors[2])


def test_what_a_record_points_to_must_be_there(engine: Engine, clock: Clock, file: Write) -> None:
    orders = file("orders.csv", "id,customer,product,state,paid,ordered_at\n1,u9,p9999,paid,1,2026-11-20\n")
    shipments = file("shipments.csv", "order,courier,tracking\n2,zz,YT1\n")
    found = {(error.file, error.column, error.value) for error in refused(engine, clock, orders, shipments)}
    assert found == {
        ("orders.csv", "customer", "u9"),
        ("orders.csv", "product", "p9999"),
        ("shipments.csv", "order", "2"),
        ("shipments.csv", "courier", "zz"),
    }


def test_unknown_double_and_missing_headers_are_named(engine: Engine, clock: Clock, file: Write) -> None:
    errors = refused(engine, clock, file("products.csv", "id,name,price,price,colour of box\nA1,裙,1,2,red\n"))
    assert {(error.row, error.column) for error in errors} == {(1, "price"), (2, "colour of box")}
    errors = refused(engine, clock, file("products.csv", "id,name\nA1,裙\n"))
    assert [(error.row, error.column, error.problem) for error in errors] == [(2, "price", "it is empty")]
    errors = refused(engine, clock, file("products.csv", "id,name,price\nA1,裙,1,9\n"))
    assert [(error.row, error.column) for error in errors] == [(2, "#4")]
    errors = refused(engine, clock, file("products.csv", "id,name,price\nA1,裙,1\nA1,裤,2\n"))
    assert [(error.row, error.column, error.problem) for error in errors] == [(3, "id", "the same stands in row 2")]


def test_a_floor_price_is_kept_below_the_price_and_shown_in_no_error(engine: Engine, clock: Clock, file: Write) -> None:
    errors = refused(engine, clock, file("products.csv", "id,name,price,floor_price\nA1,裙,100,123.45\n"))
    assert [error.column for error in errors] == ["floor_price"]
    assert "123.45" not in str(errors[0])
    errors = refused(engine, clock, file("products.csv", "id,price\np1001,140\n"))
    assert [error.column for error in errors] == ["price"]
    assert "149" not in str(errors[0])
    errors = refused(engine, clock, file("products.csv", "id,floor_price\np1001,abc\n"))
    assert "abc" not in str(errors[0])


def test_what_spreadsheets_spoil_is_found(engine: Engine, clock: Clock, tmp_path: Path) -> None:
    book = workbook(
        tmp_path / "customers.xlsx", Sheet=[["id", "name"], [88010000000000123, "丁"], ["u2", "#N/A"], [None, None], [7.0, "丙"]]
    )
    errors = refused(engine, clock, book)
    assert [(error.file, error.row, error.column) for error in errors] == [
        ("customers.xlsx[Sheet]", 2, "id"),
        ("customers.xlsx[Sheet]", 3, "name"),
        ("customers.xlsx[Sheet]", 2, "id"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("stuff.csv", b"id\n1\n", "does not tell"),
        ("orders.xls", b"\xd0\xcf", "not read"),
        ("orders.xlsx", b"no zip", "no readable workbook"),
        ("orders.csv", b"\xff\xff\x81\x00", "neither UTF-8 nor GBK"),
        ("orders.csv", b"", "empty"),
        ("orders.csv", b"id,customer\n", "nothing below"),
        ("orders.csv", b'id,"cus\n1,2', "damaged CSV"),
        ("shop.yml", b"orders: [\n", "no readable YAML"),
        ("shop.yml", b"- a\n", "sections are expected"),
        ("shop.yml", b"ordres: []\n", "no section of this name"),
        ("shop.yml", b"shop: {id: demo, name: '', postage: [8], gifts: bag}\n", "it is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_with_a_remedy(
    name: str, content: bytes, said: str, engine: Engine, clock: Clock, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert any(said in error.problem for error in refused(engine, clock, path))


def test_a_missing_file_is_said(engine: Engine, clock: Clock, tmp_path: Path) -> None:
    assert refused(engine, clock, tmp_path / "orders.csv")[0].remedy == "check the path and the rights"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_a_table_is_read_in_any_usual_encoding(encoding: str, engine: Engine, clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "优惠券.csv"
    path.write_bytes("代码\t名称\t面额\t门槛\nX1\t满百减五\t5\t100\n".encode(encoding))
    import_files(engine, clock, [path])
    with reading(engine) as session:
        assert session.get_one(CouponRow, ("demo", "X1")).name == "满百减五"


def test_yaml_errors_name_the_line(engine: Engine, clock: Clock, file: Write) -> None:
    path = file(
        "data.yml",
        "orders:\n  - {id: 1, customer: c01, product: p1001, state: paid, paid: 1, ordered: 2026-11-20}\n  - id: 2\n    state: gone\n",
    )
    assert {(error.row, error.column) for error in refused(engine, clock, path)} >= {(3, "state"), (3, "customer")}


def test_yaml_orders_carry_their_parcel_and_products_their_stock(engine: Engine, clock: Clock, file: Write) -> None:
    path = file(
        "data.yml",
        "products:\n  - {id: A1, name: 裙, price: 9, stock: {红/S: 2}}\n"
        "orders:\n  - id: '99'\n    customer: c01\n    product: A1\n    state: shipped\n    paid: 9\n    "
        "ordered: 2026-11-20T09:00:00+08:00\n"
        "    courier: yto\n    tracking: YT9\n    shipped: 2026-11-20 16:00\n    scans:\n"
        "      - {at: 2026-11-21 18:00, place: 杭州, text: 已揽收}\n      - {at: 2026-11-20 18:00, place: 杭州, text: 已下单}\n",
    )
    import_files(engine, clock, [path])
    order = ShopRepository(engine, "demo", clock).order_by_tracking("yt9")
    assert order is not None
    assert [scan.text for scan in order.scans] == ["已下单", "已揽收"]
    assert order.product.stock == {"红/S": 2}


def test_a_check_stores_nothing(engine: Engine, clock: Clock, file: Write) -> None:
    before = rows_of(engine)
    counts = import_files(engine, clock, [file("customers.csv", "id,name\nu1,丁\n")], check=True)
    assert counts["customers"]["created"] == 1
    assert rows_of(engine) == before


def test_nothing_is_imported_into_a_shop_that_is_not_there(empty: Engine, clock: Clock, file: Write) -> None:
    errors = refused(empty, clock, file("customers.csv", "id,name\nu1,丁\n"), shop_id="mine")
    assert "shop section" in errors[0].remedy
    errors = refused(empty, clock, file("shop.yml", SHOP), shop_id="mine")
    assert errors[0].column == "shop.id"


def test_the_command_prints_what_was_stored_or_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Write
) -> None:
    monkeypatch.setenv("XIAOER_DATABASE_URL", f"sqlite:///{tmp_path / 'shop.db'}")
    shop, table = file("shop.yml", SHOP), file("liste.csv", "id,name\nu1,丁\n")
    assert importer.main([str(shop)]) == 0
    assert importer.main(["--kind", "customers", str(table)]) == 0
    assert "customers: 1 created" in capsys.readouterr().out
    assert importer.main([str(table)]) == 1
    said = capsys.readouterr().err
    assert "liste.csv, row 0" in said
    assert "Nothing was stored: 1 to put right" in said


def test_names_of_files_and_sheets_tell_the_kind() -> None:
    told = {name: kind_of(name) for name in ("orders", "Orders-2026", "订单20261122", "物流轨迹", "物流", "size charts", "ordersheet", "x")}
    assert told == {
        "orders": "orders",
        "Orders-2026": "orders",
        "订单20261122": "orders",
        "物流轨迹": "scans",
        "物流": "shipments",
        "size charts": "size_charts",
        "ordersheet": None,
        "x": None,
    }


def test_two_shops_are_imported_side_by_side(engine: Engine, clock: Clock, file: Write) -> None:
    mine = file("mine.yml", SHOP.replace("id: demo", "id: mine") + "products:\n  - {id: p1001, name: 我的裙, price: 5}\n")
    import_files(engine, clock, [mine])
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Product).where(Product.id == "p1001")) == 2
        assert session.scalar(select(func.count()).select_from(Order).where(Order.shop_id == "mine")) == 0
    demo = ShopRepository(engine, "demo", clock).product("p1001")
    assert demo is not None
    assert demo.name == "碎花雪纺连衣裙"


def test_the_documentation_names_every_column() -> None:
    page = (ROOT / "docs" / "data_import.md").read_text(encoding="utf-8")
    for kind, schema in SCHEMAS.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{kind}`"))
        for name, spec in schema.items():
            # A size chart is a table of its own; in YAML and in calls it is a field.
            if (kind, name) != ("products", "size_chart"):
                assert name in row, f"{kind}.{name}"
                assert spec.required == (f"**{name}**" in row), f"{kind}.{name}"
                for alias in (alias for alias in spec.aliases if not alias.isascii() and not alias.endswith("id")):
                    assert alias in row, f"{kind}.{name}: {alias}"
