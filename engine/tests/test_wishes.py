"""Two wishes in one message, and words of harm."""

from __future__ import annotations

import pytest

from engine import wishes
from engine.nlu.danger import tells_of_harm
from engine.wishes import Parse, clauses, divide, due, forgotten, merged, must_wait, rules, waiting


def parsed(text: str, intent: str, share: float = 0.9, topic: str | None = None, near: tuple[str, ...] = ()) -> Parse:
    entities = [{"entity": "topic", "value": topic}] if topic else []
    ranking = [{"name": name, "confidence": 0.1} for name in (intent, *near)]
    return {"text": text, "intent": {"name": intent, "confidence": share}, "intent_ranking": ranking, "entities": entities}


READING = {
    "裙子什么时候发货": ("urge_dispatch", 0.9, None),
    "另外沙发套怎么洗": ("ask_product_info", 0.9, None),
    "裙子破了": ("report_quality", 0.9, None),
    "我要退货": ("request_return", 0.95, None),
    "我买的那个连衣裙": ("provide_order_id", 0.4, None),
    "怎么还没到": ("track_parcel", 0.9, None),
    "顺便开下发票": ("ask_invoice", 0.9, None),
    "好的": ("affirm", 1.0, None),
    "发什么快递": ("ask_courier", 0.9, None),
    "选第二个方案": ("choose_option", 0.9, None),
    "慢死了": ("complain", 0.9, "slow"),
    "那个客服骂人": ("complain", 0.9, "attitude"),
    "帮我转人工": ("request_human", 1.0, None),
    "也许吧": ("ask_size", 0.3, None),
}


async def divided(text: str, whole: str, *, question_open: bool = False, near: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    async def parse(clause: str) -> Parse:
        first = next((part for part in READING if clause.endswith(part)), None)
        intent, share, topic = READING[first] if first else ("nlu_fallback", 0.2, None)
        return parsed(clause, intent, share, topic)

    found = await divide(text, parsed(text, whole, near=near), parse, question_open=question_open)
    return [(one["text"], one["intent"]["name"]) for one in found]


def test_a_message_is_cut_at_punctuation_and_connecting_words() -> None:
    assert clauses("裙子什么时候发货，另外沙发套怎么洗") == ["裙子什么时候发货", "另外沙发套怎么洗"]
    assert clauses("裙子什么时候发货顺便开下发票") == ["裙子什么时候发货", "顺便开下发票"]
    assert clauses("嗯，我要退货。") == ["嗯，我要退货"]
    assert clauses("？？") == []


def test_a_tickets_number_belongs_to_what_is_asked_about_it() -> None:
    assert clauses("T20261103-0007 那个检验完了没有") == ["T20261103-0007，那个检验完了没有"]
    assert clauses("退的裙子检验完了没有 t202611030007") == ["退的裙子检验完了没有，t202611030007"]
    assert clauses("880000000009的裙子寄出了，YT5544332211009") == ["880000000009的裙子寄出了", "YT5544332211009"]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("裙子破了，我要退货", "request_return"),
        ("也许吧，我要退货", "request_return"),
        ("帮我转人工，裙子什么时候发货", "request_human"),
        ("慢死了，裙子什么时候发货", "urge_dispatch"),
        ("好的，发什么快递", "ask_courier"),
    ],
)
async def test_what_is_one_wish_stays_whole(text: str, whole: str) -> None:
    assert await divided(text, whole) == [(text, whole)]


async def test_two_wishes_are_told_apart_and_the_urgent_one_comes_first() -> None:
    found = await divided("另外沙发套怎么洗。裙子什么时候发货", "urge_dispatch", near=("ask_product_info",))
    assert found == [("裙子什么时候发货", "urge_dispatch"), ("另外沙发套怎么洗", "ask_product_info")]
    found = await divided("裙子什么时候发货。那个客服骂人", "urge_dispatch")
    assert [name for _, name in found] == ["complain", "urge_dispatch"], "a bad agent is a wish, slowness is a mood"


async def test_one_kind_of_wish_about_two_products_is_two_wishes() -> None:
    async def parse(clause: str) -> Parse:
        exchange = "换" in clause
        found = parsed(clause, "request_exchange" if exchange else "request_return", 0.9)
        return {**found, "entities": [{"entity": "product", "value": "p2" if exchange else "p1"}]}

    text = "毛衣我要退货，外套想换一件"
    found = await divide(text, parsed(text, "request_exchange", near=("request_return",)), parse, question_open=False)
    assert [one["intent"]["name"] for one in found] == ["request_return", "request_exchange"]


async def test_what_stands_before_a_wish_belongs_to_it() -> None:
    found = await divided("我买的那个连衣裙，怎么还没到，顺便开下发票", "track_parcel")
    assert found == [("我买的那个连衣裙，怎么还没到", "track_parcel"), ("顺便开下发票", "ask_invoice")]


async def test_an_answer_to_an_open_question_is_heard_before_the_other_wish() -> None:
    text = "发什么快递，选第二个方案"
    assert await divided(text, "ask_courier") == [(text, "ask_courier")]
    found = await divided(text, "ask_courier", question_open=True)
    assert [name for _, name in found] == ["choose_option", "ask_courier"]


async def test_a_doubtful_message_means_what_its_only_sure_clause_means() -> None:
    async def parse(clause: str) -> Parse:
        return parsed(clause, "track_parcel", 0.9) if "没动" in clause else parsed(clause, "nlu_fallback", 0.3)

    text = "还有那个柜子呢 好些天没动了"
    (found,) = await divide(text, parsed(text, "ask_stock", 0.4), parse, question_open=False)
    assert (found["text"], found["intent"]["name"]) == (text, "track_parcel")
    (sure,) = await divide(text, parsed(text, "ask_stock", 0.9), parse, question_open=False)
    assert sure["intent"]["name"] == "ask_stock"


async def test_nothing_is_cut_that_the_whole_message_does_not_hint_at() -> None:
    assert await divided("裙子什么时候发货，顺便开下发票", "greet") == [("裙子什么时候发货，顺便开下发票", "greet")]


def test_a_second_wish_that_would_ask_waits_while_a_form_is_open() -> None:
    second = parsed("四件套要退货", "request_return")
    assert must_wait(second, "change_form")
    assert not must_wait(second, None)
    assert not must_wait(parsed("发什么快递", "ask_courier"), "change_form")
    kept = waiting(second, now=1000.0)
    assert due(kept, {"active_loop": "change_form"}, 1010.0) is None
    assert due(kept, {"active_loop": None}, 1010.0)["intent"]["name"] == "request_return"  # type: ignore[index]
    assert due(kept, {"active_loop": None}, 1000.0 + rules().seconds + 1) is None
    assert forgotten({**kept, "messages": rules().messages + 1}, 1010.0)
    assert due(None, {"active_loop": None}, 1010.0) is None


def test_a_waiting_wish_that_is_voiced_again_need_not_come_back() -> None:
    dress = {**parsed("裙子想换大一码", "request_exchange"), "entities": [{"entity": "product", "value": "p1"}]}
    assert wishes.said_again(dress, {**parsed("裙子换货", "request_exchange"), "entities": [{"entity": "product", "value": "p1"}]})
    assert not wishes.said_again(dress, parsed("不喜欢", "request_return"))
    assert not wishes.said_again(dress, {**parsed("毛衣换货", "request_exchange"), "entities": [{"entity": "product", "value": "p2"}]})


def test_a_question_asked_again_at_the_end_is_not_asked_before() -> None:
    ask = {"response": "utter_ask_size_form_height", "text": "身高多少"}
    told = {"response": "utter_products_couriers", "text": "圆通"}
    assert merged([[ask], [told, ask]]) == [told, ask]
    assert merged([[told], [told]]) == [told, told]


def test_every_intent_of_the_data_file_is_in_one_group() -> None:
    table = wishes.rules()
    assert table.alone.isdisjoint(table.group)
    assert table.asking <= set(table.group)


@pytest.mark.parametrize("text", ["插上去就漏电了", "孩子把扣子吞下去了", "灯着火 吓死", "穿了浑身痒起红疹，怎么办", "划破手流血了"])
def test_words_of_harm_are_heard(text: str) -> None:
    assert tells_of_harm(text)


@pytest.mark.parametrize(
    "text", ["这个会不会漏电", "敏感肌会过敏吗", "怕孩子受伤所以问问", "气得冒烟", "面料防起火吗", "快递到哪了", "没有受伤就是吓一跳"]
)
def test_a_worry_is_no_harm(text: str) -> None:
    assert not tells_of_harm(text)


async def test_a_state_before_a_wish_is_its_premise() -> None:
    async def parse(clause: str) -> Parse:
        intent = "cancel_order" if "取消" in clause else "urge_dispatch"
        return parsed(clause, intent)

    whole = {**parsed("被子还没寄出，取消掉吧", "cancel_order"), "entities": [{"entity": "product", "value": "p2003"}]}
    found = await divide("被子还没寄出，取消掉吧", whole, parse, question_open=False)
    assert [one["intent"]["name"] for one in found] == ["cancel_order"]
    assert found[0]["entities"] == [{"entity": "product", "value": "p2003"}]
    asked = await divide("被子怎么还没寄出，取消掉吧", whole, parse, question_open=False)
    assert len(asked) == 2


def test_a_clause_that_only_goes_on_is_no_wish_of_its_own() -> None:
    assert clauses("钱全退吗 包含运费的") == ["钱全退吗，包含运费的"]


async def test_goods_and_what_they_become_are_one_wish() -> None:
    async def parse(clause: str) -> Parse:
        goods, intent = ("p4001", "change_product") if "换" in clause else ("p2003", "urge_dispatch")
        return {**parsed(clause, intent), "entities": [{"entity": "product", "value": goods}]}

    whole = parsed("被子还没寄出 想换成台灯", "change_product")
    found = await divide("被子还没寄出 想换成台灯", whole, parse, question_open=False)
    assert [one["intent"]["name"] for one in found] == ["change_product"]


async def test_a_doubtful_clause_leans_to_the_wish_before_it() -> None:
    async def parse(clause: str) -> Parse:
        if "弹" not in clause:
            return parsed(clause, "report_payment")
        ranking = [{"name": "report_quality", "confidence": share}, {"name": "report_payment", "confidence": 0.2}]
        return {**parsed(clause, "report_quality", share), "intent_ranking": ranking}

    whole = parsed("扫码付不上，一直弹窗", "report_payment", near=("report_quality",))
    share = 0.55
    assert await divide("扫码付不上，一直弹窗", whole, parse, question_open=False) == [whole]
    share = 0.95
    assert len(await divide("扫码付不上，一直弹窗", whole, parse, question_open=False)) == 2


async def test_who_one_is_is_told_beside_a_wish() -> None:
    async def parse(clause: str) -> Parse:
        return parsed(clause, "provide_order_id" if "尾号" in clause else "track_parcel")

    whole = parsed("包裹走到哪儿了，尾号0007", "provide_order_id")
    found = await divide("包裹走到哪儿了，尾号0007", whole, parse, question_open=False)
    assert [one["intent"]["name"] for one in found] == ["track_parcel"]


async def test_a_clause_that_tells_how_bad_it_is_asks_for_nothing_else() -> None:
    """「小瑕疵不碍事能穿」 resembles a question about fit; it is the severity of what is complained of."""

    async def parse(clause: str) -> Parse:
        return parsed(clause, "ask_fit" if "碍" in clause else "request_compensation")

    text = "小瑕疵不碍事能穿，补我十块"
    found = await divide(text, parsed(text, "request_compensation"), parse, question_open=True)
    assert [one["intent"]["name"] for one in found] == ["request_compensation"]


@pytest.mark.parametrize(("form", "expected"), [(True, ["request_return"]), (False, ["choose_option", "request_return"])])
async def test_what_a_form_asks_next_is_no_second_wish(form: bool, expected: list[str]) -> None:
    text = "选第二个方案，我要退货"

    async def parse(clause: str) -> Parse:
        return parsed(clause, "choose_option" if "方案" in clause else "request_return")

    found = await divide(text, parsed(text, "request_return", near=("choose_option",)), parse, question_open=True, form_open=form)
    assert [one["intent"]["name"] for one in found] == expected


def told(readings: dict[str, str]) -> wishes.Parser:
    """A reader that knows each clause by a word in it."""

    async def parse(clause: str) -> Parse:
        intent = next((intent for word, intent in readings.items() if word in clause), "nlu_fallback")
        return parsed(clause, intent)

    return parse


@pytest.mark.parametrize(
    ("text", "readings", "wish"),
    [
        ("包裹拿到了 缺一双筷子", {"包裹": "track_parcel", "缺": "report_missing"}, "report_missing"),
        ("人还没拿到东西 差价补一下", {"拿到": "track_parcel", "差价": "request_compensation"}, "request_compensation"),
        ("钱已经给了 票据开公司的", {"钱": "report_payment", "票据": "ask_invoice"}, "ask_invoice"),
        ("钱已经给了 寄费归谁", {"钱": "report_payment", "寄费": "ask_postage_payer"}, "ask_postage_payer"),
        # Told behind the wish it is the same premise.
        ("差价补一下 人还没拿到东西", {"拿到": "track_parcel", "差价": "request_compensation"}, "request_compensation"),
        ("撤了吧 反正没打包", {"打包": "urge_dispatch", "撤": "cancel_order"}, "cancel_order"),
    ],
)
async def test_where_the_parcel_or_the_money_is_may_only_be_told(text: str, readings: dict[str, str], wish: str) -> None:
    near = tuple(readings.values())
    found = await divide(text, parsed(text, near[0], near=near), told(readings), question_open=False)
    assert [(one["text"], one["intent"]["name"]) for one in found] == [(text, wish)]


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("包裹到哪了 另外缺一双筷子", {"包裹": "track_parcel", "缺": "report_missing"}),
        ("缺一双筷子 还有另一个包裹没拿到", {"包裹": "track_parcel", "缺": "report_missing"}),
        ("撤了吧 另一单怎么没打包", {"打包": "urge_dispatch", "撤": "cancel_order"}),
    ],
)
async def test_what_is_asked_or_set_apart_is_no_premise(text: str, readings: dict[str, str]) -> None:
    near = tuple(readings.values())
    found = await divide(text, parsed(text, near[0], near=near), told(readings), question_open=False)
    assert {one["intent"]["name"] for one in found} == set(near)


async def test_a_remark_that_asks_nothing_is_no_question_of_its_own() -> None:
    readings = {"卡住": "report_quality", "料子": "ask_product_info"}
    remark = "抽屉卡住了 料子也粗糙"
    assert len(await divide(remark, parsed(remark, "report_quality", near=("ask_product_info",)), told(readings), question_open=False)) == 1
    asked = "抽屉卡住了 料子是什么"
    assert len(await divide(asked, parsed(asked, "report_quality", near=("ask_product_info",)), told(readings), question_open=False)) == 2


def test_how_to_do_it_belongs_to_what_it_follows() -> None:
    assert clauses("想退掉 怎么弄啊") == ["想退掉，怎么弄啊"]


@pytest.mark.parametrize(("share", "wishes_found"), [(0.55, 1), (0.85, 2)])
async def test_a_doubtful_clause_gives_way_to_what_the_whole_message_surely_is(share: float, wishes_found: int) -> None:
    async def parse(clause: str) -> Parse:
        return parsed(clause, "report_quality", share) if "麂皮" in clause else parsed(clause, "ask_product_info", 0.95)

    text = "这麂皮的包 脏了用什么擦"
    found = await divide(text, parsed(text, "ask_product_info", 0.9, near=("report_quality",)), parse, question_open=False)
    assert len(found) == wishes_found


async def test_a_number_to_be_written_down_is_no_premise() -> None:
    """ "Sent back, YT…, when does the money come": the number is registered, and the question answered."""

    for text, expected in (("裤子寄走了YT1，钱给退吧", 2), ("裤子寄走了，钱给退吧", 1)):
        whole = parsed(text, "ask_refund_status", near=("give_return_tracking",))
        whole["entities"] = [{"entity": "tracking_number", "value": "YT1"}] if "YT1" in text else []
        parse = told({"寄走": "give_return_tracking", "退": "ask_refund_status"})
        assert len(await divide(text, whole, parse, question_open=False)) == expected


@pytest.mark.parametrize(
    ("last", "found"), [("report_payment", ["give_measurements"]), ("ask_size", ["give_measurements", "report_payment"])]
)
async def test_more_of_the_matter_beside_an_answer_is_no_second_wish(last: str, found: list[str]) -> None:
    async def parse(clause: str) -> Parse:
        return parsed(clause, "report_payment" if "支付宝" in clause else "give_measurements", 0.95)

    text = "早上拿支付宝付掉的，一共92元"
    whole = parsed(text, "give_measurements", 0.7, near=("report_payment",))
    told = await divide(text, whole, parse, question_open=True, last_wish=last)
    assert [one["intent"]["name"] for one in told] == found


@pytest.mark.parametrize(("share", "wish"), [(0.95, "track_parcel"), (0.6, "report_missing")])
async def test_what_the_message_surely_is_is_no_premise(share: float, wish: str) -> None:
    async def parse(clause: str) -> Parse:
        return parsed(clause, "track_parcel" if "驿站" in clause else "report_missing", 0.8)

    text = "驿站那边说没这个件，架子上翻了没有东西"
    whole = parsed(text, "track_parcel", share, near=("report_missing",))
    told = await divide(text, whole, parse, question_open=False)
    assert [one["intent"]["name"] for one in told] == [wish]
