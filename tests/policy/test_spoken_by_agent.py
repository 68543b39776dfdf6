"""What an agent does not say is left out of a suggestion, and nothing else."""

from __future__ import annotations

import pytest

from policy.spoken_by_agent import by_agent

CASES = [
    ("请问是哪一笔订单？点下面的按钮，或者发订单号给我。", "请问是哪一笔订单？"),
    ("您好，感谢再次光临，我是店铺的自动助手。今天想看商品，还是查之前的订单？", "今天想看商品，还是查之前的订单？"),
    ("这是我们的责任，邮费都由我们承担。\n\n需要办理的话，点下面就好。", "这是我们的责任，邮费都由我们承担。"),
    ("第一句。\n\n需要的话，也可以请人工为您说明。\n\n第三句。", "第一句。\n\n第三句。"),
    ("如实告诉您，这里是自动助手在回复。需要真人，随时可以转人工。", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "said"), CASES)
def test_sentences_of_the_assistant_go(text: str, said: str) -> None:
    assert by_agent(text) == said


@pytest.mark.parametrize(
    "text",
    ["人工客服的在线时间是10:00-24:00。", "这款M码有货。\n\n今天付款明天发出；包邮。", "没有句号", "单号T-PREVIEW，明天12:00前答复您。"],
)
def test_everything_else_stays_letter_by_letter(text: str) -> None:
    assert by_agent(text) == text
