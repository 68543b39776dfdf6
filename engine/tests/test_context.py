"""A message in its talk: bare names, and doubts weighed by what the talk is about."""

from __future__ import annotations

from typing import Any

import pytest

from engine.context import bare_names, in_talk
from engine.nlu.answers import Question
from engine.wishes import Parse


def parsed(text: str, intent: str, share: float, entities: tuple[tuple[str, str], ...] = (), **others: float) -> Parse:
    found: list[dict[str, Any]] = []
    for entity, words in entities:
        start = text.index(words)
        found.append({"entity": entity, "value": words, "start": start, "end": start + len(words)})
    ranking = [{"name": intent, "confidence": share}, *({"name": name, "confidence": one} for name, one in others.items())]
    return {"text": text, "intent": {"name": intent, "confidence": share}, "intent_ranking": ranking, "entities": found}


def heard(parse: Parse, **question: Any) -> str:
    return str(in_talk(parse, parse["text"], Question(**question))["intent"]["name"])


def test_a_bare_name_asks_the_last_question_again() -> None:
    black = parsed("那灰色的呢", "abuse", 0.5, (("colour", "灰色"),))
    assert heard(black, last_wish="ask_stock") == "ask_stock"
    assert heard(parsed("毛衣呢？", "ask_fit", 0.9, (("product", "毛衣"),)), last_wish="ask_price") == "ask_price"
    topic = in_talk(black, black["text"], Question(last_wish="ask_furniture", last_topic="smell"))
    assert [one["value"] for one in topic["entities"] if one["entity"] == "topic"] == ["smell"]


def test_a_bare_name_answers_what_is_open() -> None:
    size = parsed("灰色 XL", "report_wrong_item", 0.6, (("colour", "灰色"), ("size", "XL")))
    assert heard(size, active_loop="change_form", last_wish="change_product") == "unclear_message"
    assert heard(size) == "unclear_message"


def test_what_if_another_way_repeats_the_question_about_it() -> None:
    swap = parsed("那换货呢", "request_exchange", 0.9, (("remedy", "换货"),))
    assert heard(swap, last_wish="ask_postage_payer") == "ask_postage_payer"
    assert heard(swap, last_wish="request_return") == "request_exchange"


def test_another_number_of_pieces_asks_the_price_again() -> None:
    five = parsed("那七个呢", "bargain", 0.8, (("quantity", "七个"),))
    assert heard(five, last_wish="ask_price") == "ask_price"
    assert heard(five, last_wish="request_return") == "bargain"


def test_a_sentence_is_no_bare_name() -> None:
    assert bare_names(parsed("灰色的洗了会掉色吗", "ask_product_info", 0.9, (("colour", "灰色"),)), "灰色的洗了会掉色吗") == set()
    assert bare_names(parsed("好的", "affirm", 1.0), "好的") == set()


@pytest.mark.parametrize(("last", "expected"), [("track_parcel", "track_parcel"), (None, "ask_stock"), ("ask_price", "ask_stock")])
def test_a_doubtful_wish_leans_to_what_the_talk_is_about(last: str | None, expected: str) -> None:
    doubt = parsed("都多少天没动过了", "ask_stock", 0.35, track_parcel=0.25)
    assert heard(doubt, last_wish=last, order_named=True) == expected


def test_a_sure_wish_stays() -> None:
    sure = parsed("这个还有货吗", "ask_stock", 0.9, track_parcel=0.1)
    assert heard(sure, last_wish="track_parcel", order_named=True) == "ask_stock"
    assert heard(parsed("转人工", "request_human", 1.0), last_wish="track_parcel") == "request_human"


def test_a_stranger_who_names_no_order_is_more_likely_to_ask_before_buying() -> None:
    doubt = parsed("要的话三十件", "report_wrong_item", 0.45, ask_discount=0.42)
    assert heard(doubt) == "ask_discount"
    assert heard(doubt, order_named=True) == "report_wrong_item"


def test_a_fallback_is_settled_by_the_talk() -> None:
    doubt = parsed("单子那边怎么样", "nlu_fallback", 0.7, track_parcel=0.2, ask_order=0.19)
    assert heard(doubt, last_wish="track_parcel", order_named=True) == "track_parcel"
    assert heard(doubt, order_named=True) == "nlu_fallback"


def test_what_is_said_of_a_matter_under_way_is_that_matter() -> None:
    """Eight yuan are no offered price once a compensation is spoken of; a day is no address once a delivery is."""
    few = parsed("就8元啊", "bargain", 0.9, (("amount", "8元"),))
    assert heard(few, last_wish="request_compensation", order_named=True) == "request_compensation"
    assert heard(few, last_wish="ask_price") == "bargain"
    other = parsed("那毛衣8元卖不", "bargain", 0.9, (("product", "毛衣"), ("amount", "8元")))
    assert heard(other, last_wish="request_compensation", order_named=True) == "bargain"
    away = parsed("25号没人 换27号", "change_address", 0.6, (("date", "27号"),))
    assert heard(away, last_wish="delivery_appointment", order_named=True) == "delivery_appointment"
    assert heard(parsed("换个地址送", "change_address", 0.9), last_wish="delivery_appointment", order_named=True) == "change_address"


@pytest.mark.parametrize(
    ("text", "read_as", "last", "expected"),
    [
        ("格口是空的", "report_missing", "track_parcel", "track_parcel"),
        ("格口是空的", "report_missing", "ask_size", "report_missing"),
        ("提货码几位数", "ask_price", "track_parcel", "track_parcel"),
        ("试了两遍了", "unclear_message", "ask_usage", "unsatisfied"),
        ("试了两遍了", "unclear_message", "ask_stock", "unclear_message"),
        ("试了一下 颜色很好看", "satisfied", "ask_usage", "satisfied"),
        ("运费怎么退", "ask_postage_payer", "combine_orders", "combine_orders"),
        ("退货运费谁出", "ask_postage_payer", "request_return", "ask_postage_payer"),
    ],
)
def test_a_remark_means_what_was_told_before_it(text: str, read_as: str, last: str, expected: str) -> None:
    assert heard(parsed(text, read_as, 0.8), last_wish=last) == expected


def test_while_a_form_asks_what_was_tried_is_its_answer() -> None:
    assert heard(parsed("都试过了", "unclear_message", 0.8), last_wish="report_quality", active_loop="return_form") == "unclear_message"
