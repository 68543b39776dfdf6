"""The scripts library at the desk: who may edit what, what goes in, what is found while typing, filled in from the shopper's order."""

from __future__ import annotations

import io
import json
from typing import Any

import openpyxl
import pytest
from PIL import Image

from gateway.script_values import fill, names, needed, of_name, plainly
from policy.agent_scripts import load
from policy.words import words
from shop.models import Base
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway, Shopper

WAIT = {"title": "查快递", "text": "{快递}的单号是{运单号}，您稍等。", "code": "ckd"}


@pytest.fixture
async def lan(gateway: Gateway) -> Worker:
    return await Worker.come(gateway, "lan", "012")


@pytest.fixture
async def lead(gateway: Gateway) -> Worker:
    return await Worker.come(gateway, "lead", "002", "supervisor")


async def added(worker: Worker, **fields: Any) -> dict[str, Any]:
    """A script of the worker's own, or with ``scope="public"`` of the shop's."""
    answer = await worker.call("POST", "/scripts", {**WAIT, **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def matches(worker: Worker, typed: str, **query: Any) -> list[dict[str, Any]]:
    return list((await worker.get("/scripts/match", q=typed, **query))["matches"])


async def talk_of(gateway: Gateway, worker: Worker, customer: str = "c05") -> Shopper:
    """A talk that the worker has taken."""
    shopper = await Shopper.come(gateway.http, identity=gateway.services.identities.sign(customer))
    await shopper.ask("在吗")
    assert (await worker.take(shopper.id)).status_code == 200
    return shopper


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 3), "red").save(out, "PNG")
    return out.getvalue()


async def upload(worker: Worker, path: str, name: str, content: bytes, **query: Any) -> Any:
    headers = {"X-CSRF-Token": worker.csrf}
    return await worker.http.post(f"/api/v1/staff{path}", files={"file": (name, content)}, params=query, headers=headers)


class TestStart:
    async def test_the_agents_scripts_are_there_in_folders_once(self, gateway: Gateway, lan: Worker) -> None:
        first = await lan.get("/scripts", limit=500)
        assert first["total"] == sum(len(one.text) for one in load())
        folders = (await lan.get("/scripts/folders"))["folders"]
        assert {one["name"]: one["channel"] for one in folders}["电话话术"] == "phone"
        assert sum(one["scripts"] for one in folders) == first["total"]
        assert all(one["folder"] and one["source"] for one in first["scripts"])
        gateway.services.library._begun = False
        gateway.services.library.begin()
        assert (await lan.get("/scripts"))["total"] == first["total"]

    async def test_what_somebody_edited_or_binned_stays_so_and_the_rest_follows_the_handbook(
        self, gateway: Gateway, lead: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listed = (await lead.get("/scripts", limit=500))["scripts"]
        edited, binned, other = listed[0], listed[1], listed[2]
        await lead.call("PATCH", f"/scripts/{edited['id']}", {"version": 1, "situation": "我们改过"})
        await lead.call("POST", "/scripts/remove", {"ids": [binned["id"]]})
        import gateway.script_start as start

        original = start._records
        monkeypatch.setattr(start, "_records", lambda one: [{**each, "situation": "手册新版"} for each in original(one)])
        gateway.services.library._begun = False
        after = {one["id"]: one for one in (await lead.get("/scripts", limit=500))["scripts"]}
        assert after[edited["id"]]["situation"] == "我们改过"
        assert binned["id"] not in after
        assert after[other["id"]]["situation"] == "手册新版"

    def test_every_value_of_the_agents_scripts_has_a_label(self) -> None:
        assert not {name for one in load() for name in needed(one.text)} - set(words()["script_values"])
        assert names()["运单号"] == "tracking"


class TestEditing:
    async def test_an_agent_has_scripts_that_nobody_else_sees(self, gateway: Gateway, lan: Worker, lead: Worker) -> None:
        made = await added(lan)
        assert (made["scope"], made["editable"]) == ("own", True)
        assert (await lead.call("GET", f"/scripts/{made['id']}")).status_code == 404
        assert (await lead.call("PATCH", f"/scripts/{made['id']}", {"version": 1, "title": "x"})).status_code == 404
        assert (await lead.call("POST", "/scripts/remove", {"ids": [made["id"]]})).status_code == 404
        assert await matches(lead, "/ckd") == []
        assert made["id"] not in str(await lead.get("/scripts", limit=500))

    async def test_the_shops_are_edited_by_leads_and_trainers_only(self, gateway: Gateway, lan: Worker, lead: Worker) -> None:
        trainer = await Worker.come(gateway, "tao", "020", "trainer")
        made = await added(lead, scope="public")
        for body, path, method in (
            ({**WAIT, "scope": "public", "code": "x"}, "/scripts", "POST"),
            ({"version": 1, "title": "x"}, f"/scripts/{made['id']}", "PATCH"),
            ({"ids": [made["id"]]}, "/scripts/remove", "POST"),
            ({"scope": "public", "name": "新"}, "/scripts/folders", "POST"),
            ({"scope": "public", "rows": [{"title": "a", "text": "b"}]}, "/scripts/files/import", "POST"),
            (None, f"/scripts/{made['id']}/picture", "DELETE"),
        ):
            assert (await lan.call(method, path, body)).status_code == 403, path
        assert (await upload(lan, "/scripts/files/preview", "a.csv", b"", scope="public")).status_code == 403
        changed = await trainer.call("PATCH", f"/scripts/{made['id']}", {"version": 1, "title": "查物流"})
        assert (changed.json()["title"], changed.json()["version"]) == ("查物流", 2)
        assert (await lan.get(f"/scripts/{made['id']}"))["editable"] is False
        assert (await trainer.call("GET", "/scripts/match")).status_code == 403, "a trainer sees no talks"

    async def test_who_was_slower_is_told_and_nothing_is_lost(self, lead: Worker) -> None:
        made = await added(lead, scope="public")
        await lead.call("PATCH", f"/scripts/{made['id']}", {"version": 1, "title": "甲"})
        late = await lead.call("PATCH", f"/scripts/{made['id']}", {"version": 1, "title": "乙"})
        assert (late.status_code, late.json()["type"]) == (409, "urn:xiaoer:problem:script-version")
        assert (await lead.get(f"/scripts/{made['id']}"))["title"] == "甲"

    async def test_a_taken_code_names_who_has_it(self, lan: Worker) -> None:
        await added(lan)
        refused = await lan.call("POST", "/scripts", {**WAIT, "title": "另一条"})
        assert (refused.status_code, refused.json()["type"], refused.json()["taken_by"]) == (
            409,
            "urn:xiaoer:problem:script-code-taken",
            "查快递",
        )

    async def test_what_nobody_may_say_never_goes_in_and_what_asks_goes_in_confirmed(self, lan: Worker) -> None:
        forbidden = {**WAIT, "text": LOWEST}
        for confirmed in (False, True):
            refused = await lan.call("POST", "/scripts", {**forbidden, "confirmed": confirmed})
            assert (refused.status_code, refused.json()["type"]) == (422, "urn:xiaoer:problem:wording-block")
        assert refused.json()["findings"][0]["why"]
        made = await added(lan)
        changed = await lan.call("PATCH", f"/scripts/{made['id']}", {"version": 1, "text": forbidden["text"]})
        assert changed.status_code == 422

    async def test_deeds_are_written_down(self, gateway: Gateway, lead: Worker) -> None:
        begun = gateway.services.clock.now()
        made = await added(lead, scope="public")
        await lead.call("PATCH", f"/scripts/{made['id']}", {"version": 1, "title": "x"})
        await lead.call("POST", "/scripts/remove", {"ids": [made["id"]]})
        await lead.call("POST", "/scripts/restore", {"ids": [made["id"]]})
        kinds = [deed.kind for deed in gateway.services.deeds.of_staff(lead.id, begun)]
        assert [kind for kind in kinds if kind.startswith("script")] == ["script_add", "script_change", "script_remove", "script_restore"]

    async def test_folders_of_two_levels_and_their_scripts(self, lan: Worker) -> None:
        for body in ({"name": "售后"}, {"name": "退款", "parent": None}):
            assert (await lan.call("POST", "/scripts/folders", body)).status_code == 201
        mine = [one for one in (await lan.get("/scripts/folders"))["folders"] if one["scope"] == "own"]
        inner = await lan.call("POST", "/scripts/folders", {"name": "里面", "parent": mine[0]["id"]})
        assert inner.status_code == 201
        inside = next(one for one in (await lan.get("/scripts/folders"))["folders"] if one["name"] == "里面")
        deeper = await lan.call("POST", "/scripts/folders", {"name": "更里", "parent": inside["id"]})
        assert (deeper.status_code, deeper.json()["type"]) == (422, "urn:xiaoer:problem:script-levels")
        made = await added(lan, folder=inside["id"])
        assert [one["id"] for one in (await lan.get("/scripts", folder=mine[0]["id"]))["scripts"]] == [made["id"]]
        assert (await lan.call("DELETE", f"/scripts/folders/{mine[0]['id']}")).json()["type"] == "urn:xiaoer:problem:script-not-empty"
        assert (await lan.call("PATCH", f"/scripts/folders/{mine[1]['id']}", {"name": "换货", "place": 0})).status_code == 204
        assert (await lan.call("DELETE", f"/scripts/folders/{mine[1]['id']}")).status_code == 204

    async def test_a_list_by_words_initials_state_and_use(self, gateway: Gateway, lan: Worker) -> None:
        made = await added(lan)
        old = await added(lan, title="旧话", text="旧的话。", code=None, valid_to="2020-01-01")
        assert [one["id"] for one in (await lan.get("/scripts", scope="own", q="快递"))["scripts"]] == [made["id"]]
        assert [one["id"] for one in (await lan.get("/scripts", scope="own", q="ckd"))["scripts"]] == [made["id"]]
        assert [one["id"] for one in (await lan.get("/scripts", scope="own", state="invalid"))["scripts"]] == [old["id"]]
        await lan.call("POST", f"/scripts/{old['id']}/uses", {"kind": "copied"})
        assert [one["id"] for one in (await lan.get("/scripts", scope="own", sort="uses"))["scripts"]] == [old["id"], made["id"]]
        assert (await lan.get("/scripts", scope="own", state="dead"))["total"] == 0

    async def test_a_script_that_nobody_used_for_sixty_days_is_dead(self, gateway: Gateway, lan: Worker) -> None:
        from datetime import timedelta

        from shop.db import writing
        from shop.models import Script

        made = await added(lan)
        for days, dead in ((59, False), (61, True)):
            with writing(gateway.services.database) as session:
                row = session.get(Script, ("demo", made["id"]))
                assert row is not None
                row.made_at = gateway.services.clock.now() - timedelta(days=days)
            assert (await lan.get(f"/scripts/{made['id']}"))["dead"] is dead
        assert [one["id"] for one in (await lan.get("/scripts", scope="own", state="dead"))["scripts"]] == [made["id"]]
        await lan.call("POST", f"/scripts/{made['id']}/uses", {"kind": "copied"})
        assert (await lan.get(f"/scripts/{made['id']}"))["dead"] is False


class TestMatching:
    async def test_a_script_is_filled_in_from_the_talks_order(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan)
        shipped = next(one for one in gateway.services.shop.orders_of("c05") if one.tracking)
        await added(lan)
        found = await lan.get("/scripts/match", q="/ckd", talk=shopper.id, order=shipped.order_id)
        (one,) = found["matches"]
        assert (one["why"], one["missing"], one["own"]) == ("code", [], True)
        assert str(shipped.tracking) in one["text"]
        assert found["order_id"] == shipped.order_id

    async def test_the_order_that_was_named_last_is_the_one_that_is_meant(self, gateway: Gateway, lan: Worker) -> None:
        orders = gateway.services.shop.orders_of("c01")
        assert len(orders) > 1, "the demonstration shop's c01 has several orders"
        await added(lan, title="报单号", text="订单号{订单号}", code="bdh")
        shopper = await talk_of(gateway, lan, "c01")
        for order in (orders[1], orders[0]):
            await shopper.ask(f"{order.order_id}这单呢")
            assert (await matches(lan, "/bdh", talk=shopper.id))[0]["text"] == f"订单号{order.order_id}"

    async def test_another_shoppers_order_gives_nothing(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan, "c05")
        foreign = gateway.services.shop.orders_of("c01")[0]
        await added(lan, text="订单{订单号}，{商品}", code="x")
        (one,) = await matches(lan, "/x", talk=shopper.id, order=foreign.order_id)
        assert (one["missing"], one["text"]) == (["订单号", "商品"], "订单{订单号}，{商品}")

    async def test_what_is_missing_stays_under_its_label(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await Shopper.come(gateway.http)
        await shopper.ask("在吗")
        await added(lan, text="{name}，{courier}，{question}，{自己写的}，{工号}", code="x")
        (one,) = await matches(lan, "/x", talk=shopper.id)
        assert one["missing"] == ["顾客称呼", "快递", "所问的事", "自己写的"]
        assert one["text"] == "{顾客称呼}，{快递}，{所问的事}，{自己写的}，012"
        assert (await lan.call("GET", "/scripts/match?q=x&talk=c_none")).status_code == 404

    async def test_no_script_can_name_what_stays_with_the_shop(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan)
        written = "".join(f"{{{name}}}" for name in ("floor_price", "cost", "phone_tail", "customer_id", "成本"))
        await added(lan, text=f"您好{written}", code="x")
        (one,) = await matches(lan, "/x", talk=shopper.id)
        assert len(one["missing"]) == 5

    async def test_words_initials_and_use_find_and_rank(self, lan: Worker) -> None:
        first = await added(lan, title="尺码对照", text="您把身高体重发我，我帮您对照尺码。", code=None)
        second = await added(lan, title="尺码偏大", text="这款偏大，建议对照尺码表。", code=None)
        assert {one["why"] for one in await matches(lan, "您好，对照尺码")} == {"content"}
        assert [one["id"] for one in await matches(lan, "cmdz")] == [first["id"]]
        assert (await matches(lan, "cmdz"))[0]["why"] == "pinyin"
        await lan.call("POST", f"/scripts/{second['id']}/uses", {"kind": "copied"})
        assert next(one["id"] for one in await matches(lan, "对照尺码")) == second["id"]
        assert [one["id"] for one in await matches(lan, "")] == [second["id"]], "nothing typed: the most used"

    async def test_what_is_only_spoken_is_not_offered_in_a_chat(self, lan: Worker) -> None:
        assert await matches(lan, "换一部电话") == []
        assert await matches(lan, "换一部电话", channel="phone")

    async def test_a_script_speaks_on_its_days_only(self, lan: Worker) -> None:
        await added(lan, valid_from="2020-01-01", valid_to="2020-01-02")
        assert await matches(lan, "/ckd") == []
        await added(lan, title="现在", valid_from="2020-01-01", code="xz")
        assert len(await matches(lan, "/xz")) == 1

    async def test_a_change_is_found_at_once(self, lan: Worker) -> None:
        made = await added(lan, code="zz1")
        assert len(await matches(lan, "/zz1")) == 1
        await lan.call("PATCH", f"/scripts/{made['id']}", {"version": 1, "code": "zz2"})
        assert (await matches(lan, "/zz1"), len(await matches(lan, "/zz2"))) == ([], 1)
        await lan.call("POST", "/scripts/remove", {"ids": [made["id"]]})
        assert await matches(lan, "/zz2") == []

    async def test_asking_writes_nothing(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan)
        await added(lan)
        await matches(lan, "/ckd", talk=shopper.id)

        def rows() -> str:
            with gateway.services.database.connect() as connection:
                tables = [table for table in Base.metadata.sorted_tables if table.name != "staff_sessions"]
                return json.dumps([[list(map(str, row)) for row in connection.execute(table.select())] for table in tables])

        before = rows()
        for typed in ("快递", "/c", "ckd", "", "请问您的订单"):
            await matches(lan, typed, talk=shopper.id)
        assert rows() == before


class TestUses:
    async def test_what_is_sent_counts_for_its_scripts_once(self, gateway: Gateway, lan: Worker) -> None:
        from uuid import uuid4

        shopper = await talk_of(gateway, lan)
        made = await added(lan, title="稍等", text="您好，我帮您查{所问的事}。", code=None)
        assert (await lan.call("POST", f"/scripts/{made['id']}/uses", {"kind": "inserted", "talk": shopper.id})).status_code == 204
        body = {"client_id": str(uuid4()), "text": "您好，我帮您查裙子。", "scripts": [made["id"]]}
        for _ in range(2):
            assert (await lan.call("POST", f"/talks/{shopper.id}/messages", body)).status_code == 201
        await lan.say(shopper.id, "我帮您查。", scripts=[made["id"], "k_none"])
        kept = await lan.get(f"/scripts/{made['id']}")
        assert (kept["uses"], kept["inserted"], kept["unedited"]) == (2, 2, 0.5)
        (ranked,) = (await lan.get("/scripts/ranking", days=30))["ranking"]
        assert (ranked["id"], ranked["sent"], ranked["edited"], ranked["dropped"]) == (made["id"], 1, 1, 0)
        view = await lan.get(f"/talks/{shopper.id}")
        assert "staff" in view["messages"][-1]
        assert (await lan.call("POST", f"/scripts/{made['id']}/uses", {"kind": "inserted", "talk": "c_none"})).status_code == 404

    async def test_nobody_counts_another_agents_scripts(self, gateway: Gateway, lan: Worker) -> None:
        mei = await Worker.come(gateway, "mei", "013")
        made = await added(lan)
        await mei.call("POST", f"/scripts/{made['id']}/uses", {"kind": "copied"})
        assert (await lan.get(f"/scripts/{made['id']}"))["uses"] == 0
        assert (await mei.get("/scripts/ranking"))["ranking"] == []


LOWEST = "全国最低价，最后一件，再不买就没了！"
FILE = (
    f"快捷编码,快捷短语,快捷短语分组\n1,您好，请稍等,接待\n1,请说,接待\n,{LOWEST},\nw x,好,\n,您好，请稍等,\n,{{买家昵称}}您好,接待/开场\n"
)


class TestFiles:
    async def test_every_line_is_judged_before_anything_is_kept(self, lan: Worker) -> None:
        before = (await lan.get("/scripts"))["total"]
        lines = (await upload(lan, "/scripts/files/preview", "千牛.csv", FILE.encode("gbk"))).json()["lines"]
        assert [one["state"] for one in lines] == ["new", "code", "block", "invalid", "same", "new"]
        assert [one["line"] for one in lines] == [2, 3, 4, 5, 6, 7]
        assert lines[2]["findings"][0]["rule"]
        assert lines[3]["problem"]["kind"] == "script-code"
        assert lines[5]["gaps"] == ["买家昵称"]
        assert (await lan.get("/scripts"))["total"] == before
        fields = ("title", "text", "code", "folder", "situation", "valid_from", "valid_to")
        rows = [{name: one[name] for name in fields} for one in lines if one["state"] == "new"]
        assert (await lan.call("POST", "/scripts/files/import", {"rows": rows})).json() == {"count": 2}
        kept = (await lan.get("/scripts", scope="own"))["scripts"]
        assert {one["text"] for one in kept} == {"您好，请稍等", "{买家昵称}您好"}
        assert {one["name"] for one in (await lan.get("/scripts/folders"))["folders"] if one["scope"] == "own"} == {"接待", "开场"}

    async def test_lines_are_kept_all_or_none(self, lan: Worker) -> None:
        good = {"title": "a", "text": "您好。", "folder": ["新的"]}
        for bad, kind in (
            ({**good, "text": LOWEST}, "wording-block"),
            ({**good, "code": "a b"}, "script-code"),
        ):
            refused = await lan.call("POST", "/scripts/files/import", {"rows": [good, bad]})
            assert (refused.status_code, refused.json()["type"].rpartition(":")[2], refused.json()["row"]) == (422, kind, 1)
        assert (await lan.get("/scripts", scope="own"))["total"] == 0

    @pytest.mark.parametrize(("name", "content", "kind"), [("a.pdf", b"x", "file-kind"), ("a.csv", "电话\n1".encode(), "file-header")])
    async def test_a_file_that_is_none_of_these_is_told(self, lan: Worker, name: str, content: bytes, kind: str) -> None:
        refused = await upload(lan, "/scripts/files/preview", name, content)
        assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (422, kind)

    async def test_too_large_a_file_is_not_read(self, lan: Worker) -> None:
        assert (await upload(lan, "/scripts/files/preview", "a.csv", b"x" * (2 * 1024 * 1024 + 1))).status_code == 413
        assert (await upload(lan, "/scripts/files/preview", "a.csv", b"x" * (4 * 1024 * 1024))).status_code == 413

    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    async def test_the_export_is_imported_to_the_same(self, lan: Worker, form: str) -> None:
        await lan.call("POST", "/scripts/folders", {"name": "物流"})
        folder = next(one["id"] for one in (await lan.get("/scripts/folders"))["folders"] if one["scope"] == "own")
        await added(lan, folder=folder, text="=加号开头{运单号}")
        answer = await lan.call("GET", f"/scripts/files/export?form={form}")
        assert f".{form}" in answer.headers["content-disposition"]
        if form == "xlsx":
            sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
            assert [cell.value for cell in sheet[1]][:3] == ["快捷编码", "快捷短语", "快捷短语分组"]
        (line,) = (await upload(lan, "/scripts/files/preview", f"a.{form}", answer.content)).json()["lines"]
        assert (line["state"], line["text"], line["folder"], line["code"]) == ("same", "=加号开头{运单号}", ["物流"], "ckd")

    async def test_a_picture_is_made_anew_and_shown_to_who_may_see_the_script(self, gateway: Gateway, lan: Worker) -> None:
        made = await added(lan)
        shown = (await upload(lan, f"/scripts/{made['id']}/picture", "表.png", png())).json()
        assert shown["image"].startswith(f"/api/v1/staff/scripts/{made['id']}/picture?v=")
        picture = await lan.http.get(shown["image"])
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
        assert Image.open(io.BytesIO(picture.content)).size == (4, 3)
        assert (await matches(lan, "/ckd"))[0]["image"] == shown["image"]
        mei = await Worker.come(gateway, "mei", "013")
        assert (await mei.http.get(shown["image"])).status_code == 404
        assert (await upload(lan, f"/scripts/{made['id']}/picture", "a.png", b"no picture at all")).status_code == 415
        assert (await lan.call("DELETE", f"/scripts/{made['id']}/picture")).json()["image"] is None
        assert (await lan.http.get(shown["image"])).status_code == 404


class TestValues:
    @pytest.mark.parametrize(
        ("name", "found"),
        [
            ("冯女士", {"name": "冯女士", "surname": "冯", "honorific": "女士"}),
            ("欧阳先生", {"name": "欧阳先生", "surname": "欧阳", "honorific": "先生"}),
            ("王小明", {"surname": "王"}),
            ("Anna", {}),
            (None, {}),
        ],
    )
    def test_a_shopper_is_addressed_as_far_as_their_name_tells(self, name: str | None, found: dict[str, str]) -> None:
        assert of_name(name) == found

    def test_a_value_may_be_written_by_name_label_or_as_other_desks_call_it(self) -> None:
        assert fill("{tracking}{运单号}{快递单号}{QQ}", {"tracking": "1"}) == ("111{QQ}", ["QQ"])
        assert plainly("{运单号}{QQ}") == "{tracking}{QQ}"
