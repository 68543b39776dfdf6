"""The scripts library of a shop: what a script may be, folders, the bin, searching, uses, files; each shop's own."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine

from shop.clock import Clock
from shop.db import migrate, writing
from shop.models import Conversation, Shop
from shop.script_files import MOST_ROWS, UnreadableFile, read, title_of, write
from shop.script_folders import ScriptFolders
from shop.script_rules import InvalidScript, ScriptConflict, UnknownScript
from shop.script_search import Entry, entry, find, initials
from shop.script_start import put
from shop.script_uses import ScriptUses, stands_in
from shop.scripts import PUBLIC, LibraryScript, Scripts

WAIT = {"title": "请稍等", "text": "请您稍等，我去查一下{所问的事}。", "code": "sd"}


@pytest.fixture
def scripts(engine: Engine, clock: Clock) -> Scripts:
    return Scripts(engine, "demo", clock)


@pytest.fixture
def folders(engine: Engine) -> ScriptFolders:
    return ScriptFolders(engine, "demo")


def one(scripts: Scripts, owner: str = PUBLIC, **fields: Any) -> LibraryScript:
    return scripts.add(owner, "s_1", [{**WAIT, "code": None, **fields}])[0]


def talk(engine: Engine, clock: Clock, talk_id: str = "t1", shop_id: str = "demo") -> str:
    with writing(engine) as session:
        now = clock.now()
        session.add(Conversation(shop_id=shop_id, id=talk_id, token_hash=f"{shop_id}{talk_id}", created_at=now, updated_at=now))
    return talk_id


class TestScripts:
    def test_what_is_written_is_read_again_with_its_initials(self, scripts: Scripts) -> None:
        made = scripts.add(PUBLIC, "s_1", [{**WAIT, "code": "/SD", "situation": "去查之前", "valid_to": "2026-12-01"}])[0]
        assert made == scripts.get(made.id)
        assert (made.code, made.initials, made.valid_to) == ("sd", "qsd\nqnsdwqcyx", "2026-12-01")
        assert made.valid.ends is not None

    @pytest.mark.parametrize(
        ("fields", "word"),
        [
            ({"title": " "}, "length"),
            ({"title": "长" * 61}, "length"),
            ({"text": ""}, "length"),
            ({"text": "长" * 1001}, "length"),
            ({"text": "坏{"}, "braces"),
            ({"text": "坏{}"}, "braces"),
            ({"text": "坏{a b}"}, "braces"),
            ({"code": "a b"}, "code"),
            ({"code": "a/b"}, "code"),
            ({"valid_from": "2026-13-01"}, "dates"),
            ({"valid_from": "2026-12-02", "valid_to": "2026-12-01"}, "dates"),
            ({"folder": "f_none"}, "folder"),
        ],
    )
    def test_what_no_script_may_be_is_refused_with_field_and_word(self, scripts: Scripts, fields: dict[str, str], word: str) -> None:
        with pytest.raises(InvalidScript) as refused:
            scripts.add(PUBLIC, "s_1", [WAIT, {**WAIT, "code": "x", **fields}])
        assert (refused.value.word, refused.value.row) == (word, 1)
        assert scripts.all(PUBLIC) == [], "all or none"

    def test_a_code_is_one_owners_once(self, scripts: Scripts) -> None:
        scripts.add(PUBLIC, "s_1", [WAIT])
        with pytest.raises(ScriptConflict) as refused:
            scripts.add(PUBLIC, "s_1", [{**WAIT, "title": "另一条", "code": "SD"}])
        assert refused.value.known == {"taken_by": "请稍等", "code": "sd"}
        mine = scripts.add("s_2", "s_2", [WAIT])[0]
        scripts.remove([mine.id], "s_2")
        assert scripts.add("s_2", "s_2", [WAIT])[0].code == "sd", "the bin keeps no code"

    def test_who_read_an_older_version_changes_nothing(self, scripts: Scripts) -> None:
        made = one(scripts)
        changed = scripts.change(made.id, "s_2", made.version, {"text": "请稍候。"})
        assert (changed.text, changed.version, changed.initials) == ("请稍候。", 2, "qsd\nqsh")
        with pytest.raises(ScriptConflict, match="version 2"):
            scripts.change(made.id, "s_3", made.version, {"text": "别的"})
        with pytest.raises(InvalidScript):
            scripts.change(made.id, "s_3", 2, {"valid_from": "2026-12-02", "valid_to": "2026-12-01"})
        assert scripts.get(made.id).text == "请稍候。"

    def test_dates_of_which_one_changes_still_have_to_fit(self, scripts: Scripts) -> None:
        made = one(scripts, valid_from="2026-12-02")
        with pytest.raises(InvalidScript):
            scripts.change(made.id, "s_1", 1, {"valid_to": "2026-12-01"})

    def test_the_bin_gives_back_what_was_put_into_it(self, scripts: Scripts, folders: ScriptFolders) -> None:
        folder = folders.add(PUBLIC, "物流")
        made = one(scripts, folder=folder.id, code="sd")
        assert scripts.remove([made.id, "k_none"], "s_1") == 1
        assert (scripts.all(PUBLIC), [each.id for each in scripts.all(PUBLIC, removed=True)]) == ([], [made.id])
        with pytest.raises(UnknownScript):
            scripts.change(made.id, "s_1", 2, {"text": "x"})
        folders.remove(folder.id)
        assert scripts.restore([made.id], "s_1") == 1
        assert (scripts.get(made.id).folder, scripts.get(made.id).code) == (None, None)

    def test_a_picture_comes_and_goes_with_its_stamp(self, scripts: Scripts) -> None:
        made = one(scripts)
        assert made.picture is None
        first = scripts.put_picture(made.id, "s_1", "image/png", 2, 2, b"one")
        second = scripts.put_picture(made.id, "s_1", "image/png", 2, 2, b"two")
        assert None is not first.picture != second.picture
        assert scripts.picture(made.id) == ("image/png", b"two")
        assert scripts.drop_picture(made.id, "s_1").picture is None
        with pytest.raises(UnknownScript):
            scripts.put_picture("k_none", "s_1", "image/png", 2, 2, b"one")

    def test_a_change_is_seen_in_its_owners_revision_only(self, scripts: Scripts) -> None:
        before = scripts.revisions(PUBLIC, "s_2")
        made = one(scripts, "s_2")
        assert [now > then for now, then in zip(scripts.revisions(PUBLIC, "s_2"), before, strict=True)] == [False, True]
        middle = scripts.revisions("s_2")
        scripts.remove([made.id], "s_2")
        assert scripts.revisions("s_2") > middle


class TestFolders:
    def test_two_levels_and_no_third(self, folders: ScriptFolders) -> None:
        top = folders.add(PUBLIC, "电话", channel="phone")
        inner = folders.add(PUBLIC, "开场", top.id)
        assert inner.channel == "phone", "as the folder it is in"
        with pytest.raises(InvalidScript, match="two levels"):
            folders.add(PUBLIC, "更里面", inner.id)
        with pytest.raises(InvalidScript, match="same owner"):
            folders.add("s_2", "别人的", top.id)

    def test_a_name_stands_once_on_its_level(self, folders: ScriptFolders) -> None:
        first = folders.add(PUBLIC, "物流")
        with pytest.raises(InvalidScript, match="already"):
            folders.add(PUBLIC, "物流")
        folders.add(PUBLIC, "物流", first.id)
        other = folders.add(PUBLIC, "退款")
        with pytest.raises(InvalidScript, match="already"):
            folders.change(other.id, name="物流")
        for name in ("", "a/b", "长" * 31):
            with pytest.raises(InvalidScript):
                folders.change(other.id, name=name)

    def test_places_are_kept(self, folders: ScriptFolders, scripts: Scripts) -> None:
        made = [folders.add(PUBLIC, name) for name in "一二三"]
        folders.change(made[2].id, place=0)
        assert [each.name for each in scripts.folders(PUBLIC)] == ["三", "一", "二"]

    def test_only_an_empty_folder_goes(self, folders: ScriptFolders, scripts: Scripts) -> None:
        top = folders.add(PUBLIC, "物流")
        inner = folders.add(PUBLIC, "国内", top.id)
        made = one(scripts, folder=inner.id)
        for folder in (top, inner):
            with pytest.raises(InvalidScript, match="move or remove"):
                folders.remove(folder.id)
        scripts.remove([made.id], "s_1")
        folders.remove(inner.id)
        folders.remove(top.id)
        assert scripts.folders(PUBLIC) == []

    def test_a_path_is_made_where_it_lacks(self, folders: ScriptFolders, scripts: Scripts) -> None:
        first, again = folders.path("s_2", ["物流", "国内"]), folders.path("s_2", ["物流", "国内"])
        assert first == again
        assert folders.path("s_2", []) is None
        assert [each.name for each in scripts.folders("s_2")] == ["物流", "国内"]


def library(*scripts: tuple[str, str, str, str, int], own: str = "") -> list[Entry]:
    return [
        entry(name, title, text, own=name == own, code=code, letters=f"{initials(title)}\n{initials(text)}", uses=uses)
        for name, title, text, code, uses in scripts
    ]


SOME = library(
    ("wait", "请稍等", "请您稍等，我去查一下{所问的事}。", "sd", 1),
    ("back", "退货地址", "退货请寄：{退货地址}。", "thdz", 5),
    ("card", "尺码表", "这是{商品}的尺码表，您量一下。", "cmb", 2),
    ("slow", "回复晚了", "抱歉让您久等，退货的事我马上查。", "", 9),
    own="slow",
)


class TestSearching:
    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("退货", [("back", "content"), ("slow", "content")]),
            ("您好！退货", [("back", "content"), ("slow", "content")]),
            ("退货 地址", [("back", "content")]),
            ("/th", [("back", "code")]),
            ("好的 /thdz", [("back", "code")]),
            ("/", [("back", "code"), ("card", "code"), ("wait", "code")]),
            ("thdz", [("back", "code")]),
            ("qsd", [("wait", "pinyin")]),
            ("您好，qnsd", [("wait", "pinyin")]),
            ("这是您的尺码表吗", []),
            ("这是的尺码表您量下", [("card", "content")]),
            ("退", []),
            ("h", []),
            ("https://shop.example/th", []),
            ("1/th", []),
            ("", []),
            ("完全无关的一句话", []),
        ],
    )
    def test_what_is_typed_finds_what_was_meant(self, typed: str, found: list[tuple[str, str]]) -> None:
        ordered = [(each.id, each.why) for each in find(SOME, typed, 9)]
        assert sorted(ordered) == sorted(found)

    def test_the_most_used_come_first_within_a_kind(self) -> None:
        assert [each.id for each in find(SOME, "退货", 9)] == ["slow", "back"]
        assert [each.id for each in find(SOME, "退货", 1)] == ["slow"]
        twins = library(("a", "稍等", "请稍等。", "", 3), ("b", "稍等", "请稍等。", "", 3), own="b")
        assert [each.id for each in find(twins, "请稍等", 9)] == ["b", "a"], "one's own before the shop's"

    @pytest.mark.parametrize(
        ("text", "letters"), [("长裙重发", "cqcf"), ("重新补差价", "cxbcj"), ("VIP会员 {订单号}", "viphy"), ("，。！", "")]
    )
    def test_initials_are_read_as_shops_speak(self, text: str, letters: str) -> None:
        assert initials(text) == letters


class TestUses:
    @pytest.mark.parametrize(
        ("script", "text", "stands"),
        [
            ("请稍等，{所问的事}。", "您好！请稍等，裙子的事。谢谢", True),
            ("请稍等，{所问的事}。", "请稍等，。", False),
            ("请稍等，{所问的事}。", "请等，裙子。", False),
            ("一\n二", "一 \r\n二", True),
            ("费用(元)?", "费用(元)?", True),
        ],
    )
    def test_a_gap_filled_in_is_no_edit(self, script: str, text: str, stands: bool) -> None:
        assert stands_in(script, text) is stands

    def test_what_is_sent_counts_once_and_by_what_became_of_it(self, engine: Engine, clock: Clock, scripts: Scripts) -> None:
        uses, made, said = ScriptUses(engine, "demo", clock), one(scripts), talk(engine, clock)
        uses.inserted(made.id, "s_1", said)
        uses.inserted(made.id, "s_1", said)
        text = "请您稍等，我去查一下裙子。"
        assert uses.sent("s_1", said, "m1", text, [made.id, made.id, "k_none"]) == {made.id: "sent"}
        assert uses.sent("s_1", said, "m1", text, [made.id]) == {}, "the same message again"
        assert uses.sent("s_1", said, "m2", "等一下哈", [made.id]) == {made.id: "edited"}
        assert uses.sent("s_1", said, "m3", "等一下哈", [made.id]) == {made.id: "edited"}
        uses.copied(made.id, "s_2")
        kept = scripts.get(made.id)
        assert (kept.inserted, kept.sent, kept.edited, kept.copied, kept.uses) == (3, 1, 2, 1, 4)
        assert kept.used_at == clock.now()
        assert kept.version == made.version, "a use is no change"
        (ranked,) = uses.ranking(clock.now(), clock.now() + timedelta(seconds=1))
        assert (ranked.sent, ranked.edited, ranked.copied, ranked.dropped) == (1, 2, 1, 0)
        assert ranked.unedited == pytest.approx(1 / 3)
        assert uses.ranking(clock.now(), clock.now() + timedelta(seconds=1), "s_2")[0].uses == 1
        assert sum(line["edited"] for line in uses.figures(clock.now(), clock.now() + timedelta(seconds=1))) == 2

    def test_what_is_not_there_is_said(self, engine: Engine, clock: Clock, scripts: Scripts) -> None:
        uses = ScriptUses(engine, "demo", clock)
        with pytest.raises(UnknownScript):
            uses.inserted("k_none", "s_1", None)
        with pytest.raises(LookupError):
            uses.inserted(one(scripts).id, "s_1", "t_none")
        assert uses.sent("s_1", "t_none", "m", "x", ["k"]) == {}


ROWS = [
    ["sd", "请稍等", "接待", "稍等", "", "", ""],
    ["", "=1+1", "物流/国内", "公式", "场景", "2026-11-01", "2026-11-30"],
    ["", "-10元", "", "减", "", "", ""],
]


class TestFiles:
    @pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
    def test_what_is_written_is_read_again_to_the_same(self, name: str) -> None:
        lines = read(name, write(name, ROWS))
        assert [[one.code, one.text, "/".join(one.folder), one.title, one.situation, one.valid_from, one.valid_to] for one in lines] == ROWS
        assert [one.number for one in lines] == [2, 3, 4]

    def test_no_cell_is_a_formula_to_a_spreadsheet(self) -> None:
        table = list(csv.reader(io.StringIO(write("a.csv", ROWS).decode("utf-8-sig"))))
        assert [row[1] for row in table[2:]] == ["'=1+1", "'-10元"]
        sheet = openpyxl.load_workbook(io.BytesIO(write("a.xlsx", ROWS))).worksheets[0]
        assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
    def test_a_file_of_qianniu_is_read_however_it_was_saved(self, encoding: str) -> None:
        text = '快捷短语编码,快捷短语,快捷短语分组\r\n1,"亲，<br>您好&amp;欢迎/:^_^/:087",未分组\r\n,,\r\n2,在的,售后 > 退款\r\n'
        first, second = read("千牛.csv", text.encode(encoding))
        assert (first.code, first.text, first.folder, first.cleaned, first.number) == ("1", "亲，\n您好&欢迎", (), True, 2)
        assert (second.folder, second.title, second.cleaned, second.number) == (("售后", "退款"), "在的", False, 4)

    def test_numbers_and_days_of_a_workbook_are_read_as_written(self) -> None:
        book = openpyxl.Workbook()
        sheet = book.worksheets[0]
        book.create_sheet("说明", 0).append(["这里没有短语"])
        sheet.append(["快捷编码", "快捷短语", "结束日期"])
        from datetime import datetime

        sheet.append([12.0, "请稍等", datetime.fromisoformat("2026-12-01T00:00:00")])
        out = io.BytesIO()
        book.save(out)
        (line,) = read("a.xlsx", out.getvalue())
        assert (line.code, line.valid_to) == ("12", "2026-12-01")

    @pytest.mark.parametrize(
        ("name", "content", "word"),
        [
            ("a.xls", b"x", "kind"),
            ("a.csv", b"", "empty"),
            ("a.csv", "姓名,电话\n张,1".encode(), "header"),
            ("a.csv", '快捷短语\n"坏'.encode(), "damaged"),
            ("a.csv", b"\xff\xff\xff\xff", "encoding"),
            ("a.xlsx", b"PK\x03\x04 no", "damaged"),
            ("a.csv", ("快捷短语\n" + "x\n" * (MOST_ROWS + 1)).encode(), "too-many"),
        ],
    )
    def test_what_is_no_list_of_scripts_is_said(self, name: str, content: bytes, word: str) -> None:
        with pytest.raises(UnreadableFile) as refused:
            read(name, content)
        assert refused.value.word == word

    def test_a_script_without_a_title_is_called_by_its_beginning(self) -> None:
        assert title_of("亲，您的订单已经发出，请留意") == "您的订单已经发出"
        assert title_of("好") == "好"


def test_scripts_of_one_shop_are_nothing_to_the_other(two_shops: Engine, clock: Clock) -> None:
    """Scripts, ScriptFolders and ScriptUses: each method, asked by the demonstration shop for what the other has."""
    other, mine = Scripts(two_shops, "other", clock), Scripts(two_shops, "demo", clock)
    theirs, ours = ScriptFolders(two_shops, "other"), ScriptFolders(two_shops, "demo")
    folder = theirs.add(PUBLIC, "别家")
    made = one(other, folder=folder.id, code="sd")
    other.put_picture(made.id, "s", "image/png", 1, 1, b"x")
    uses = ScriptUses(two_shops, "demo", clock)
    said = talk(two_shops, clock, "t9", "other")
    ScriptUses(two_shops, "other", clock).sent("s", said, "m", "请稍等", [made.id])
    ever = (clock.now() - timedelta(days=1), clock.now() + timedelta(days=1))
    assert (mine.all(), mine.all(removed=True), mine.folders(PUBLIC), mine.picture(made.id), mine.revisions(PUBLIC)) == (
        [],
        [],
        [],
        None,
        (0,),
    )
    assert (mine.remove([made.id], "s"), mine.restore([made.id], "s")) == (0, 0)
    assert (uses.ranking(*ever), uses.figures(*ever), uses.sent("s", said, "m2", "x", [made.id])) == ([], [], {})
    for work in (
        lambda: mine.get(made.id),
        lambda: mine.change(made.id, "s", 1, {"text": "x"}),
        lambda: mine.put_picture(made.id, "s", "image/png", 1, 1, b"y"),
        lambda: mine.drop_picture(made.id, "s"),
        lambda: uses.inserted(made.id, "s", None),
        lambda: uses.copied(made.id, "s"),
        lambda: ours.get(folder.id),
        lambda: ours.change(folder.id, name="x"),
        lambda: ours.remove(folder.id),
    ):
        with pytest.raises(UnknownScript):
            work()
    with pytest.raises(InvalidScript):
        one(mine, folder=folder.id)
    assert one(mine, code="sd").code == "sd"
    assert ours.path(PUBLIC, ["别家"]) != folder.id
    assert other.get(made.id).sent + other.get(made.id).edited == 1


def test_the_library_works_on_postgresql(postgres: Engine, clock: Clock) -> None:
    migrate(postgres)
    with writing(postgres) as session:
        session.merge(
            Shop(
                shop_id="demo", name="x", timezone="Asia/Shanghai", address_style="nin", opening_hours="10:00-24:00", created_at=clock.now()
            )
        )
    scripts, folders, uses = Scripts(postgres, "demo", clock), ScriptFolders(postgres, "demo"), ScriptUses(postgres, "demo", clock)
    folder = folders.path(PUBLIC, ["售后", "退款"])
    first, second = scripts.add(PUBLIC, "s_1", [{**WAIT, "folder": folder}, {**WAIT, "code": None, "title": "二"}])
    with pytest.raises(ScriptConflict):
        scripts.change(second.id, "s_1", 1, {"code": "SD"})
    scripts.put_picture(first.id, "s_1", "image/png", 1, 1, b"\x00\xff")
    assert scripts.picture(first.id) == ("image/png", b"\x00\xff")
    said = talk(postgres, clock)
    uses.inserted(first.id, "s_1", said)
    assert uses.sent("s_1", said, "m1", "请您稍等，我去查一下裙子。", [first.id]) == {first.id: "sent"}
    assert uses.ranking(clock.now(), clock.now() + timedelta(seconds=1))[0].uses == 1
    assert scripts.remove([first.id, second.id], "s_1") == 2
    records = [{**WAIT, "origin": "s_x#1", "folder_origin": "a", "situation": "", "must_say": [], "must_not": [], "source": "001"}]
    wanted = [{"origin": "a", "name": "起始", "channel": "chat"}]
    assert [put(postgres, "demo", clock, records, wanted) for _ in range(2)] == [1, 0]
    folders.change(scripts.folders(PUBLIC)[0].id, place=1)
    assert len(scripts.folders(PUBLIC)) == 3
