"""How many pieces are spoken of: counts of goods, and nothing that only looks like one."""

from __future__ import annotations

import pytest

from engine.nlu.extract import Extractor
from engine.nlu.files import lookups
from engine.nlu.normalise import normalise
from engine.nlu.quantities import quantities

COUNTED = [
    ("两件多少钱", [2]),
    ("T恤两件，牛仔裤一条", [2, 1]),
    ("3条裤子配一件外套", [3, 1]),
    ("枕芯x4", [4]),
    ("枕芯×4、台灯*2", [4, 2]),
    ("俩枕头", [2]),
    ("床头柜来一对", [2]),
    ("两对床头柜", [4]),
    ("两套四件套", [2]),
    ("十二件打包价", [12]),
    ("裙子和T恤各2件", [2]),
    ("买2件，第二件半价吗", [2]),
    ("一百张", [100]),
]
NONE = [
    *("第二件半价怎么算", "四件套多少钱", "两个人睡", "三个月没动静", "两张券能叠吗", "两个颜色都要看", "200x230cm", "48*74cm", "1.8米床"),
    *(
        "想换一件",
        "少发一个配件",
        "再发一个过来",
        "一共多少",
        "我俩都买",
        "880000000009",
        "三个多月",
        "有一个问题",
        "5天",
        "两个订单",
        "0件",
        "2xl",
    ),
]


@pytest.mark.parametrize(("typed", "expected"), COUNTED)
def test_pieces_are_counted(typed: str, expected: list[int]) -> None:
    assert [one.value for one in quantities(normalise(typed).text)] == expected


@pytest.mark.parametrize("typed", NONE)
def test_what_only_looks_like_a_count_is_none(typed: str) -> None:
    assert quantities(normalise(typed).text) == []


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor.from_lookups(lookups())


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("四件T恤", [("quantity", 4), ("product", "p1002")]),
        ("四件套", [("product", "p2001")]),
        ("买四件", [("product", "p2001")]),  # the bed set's short name, when nothing else is named
        ("深蓝29两条", [("colour", "深蓝"), ("size", "29"), ("quantity", 2)]),
        ("黑色M码三件", [("colour", "黑色"), ("size", "M"), ("quantity", 3)]),
    ],
)
def test_pieces_stand_beside_the_goods(extractor: Extractor, typed: str, expected: list[tuple[str, object]]) -> None:
    assert [(one.entity, one.value) for one in extractor.find(normalise(typed).text)] == expected
