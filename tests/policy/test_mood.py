"""The mood is read from words alone: plain talk is calm, one sign of annoyance is that, anger is heard and ends with kind words."""

from __future__ import annotations

import pytest

from policy.mood import heat, mood


@pytest.mark.parametrize(
    "text",
    [
        *("你好", "这条裙子多少钱", "我想退货", "M码有货吗", "什么时候到", "", "几点下班", "好的谢谢", "能便宜点吗", "漂亮！！"),
        *("真的吗？？", "衣服有点大", "麻烦帮我看下", "能用滚筒洗吗", "给我妈妈的", "有垃圾桶吗", "还不错"),
    ],
)
def test_plain_words_are_calm(text: str) -> None:
    assert mood(text) == "calm"


@pytest.mark.parametrize("text", ["怎么还没发货", "有点失望", "到底什么时候到", "太慢了", "没人管"])
def test_one_sign_is_annoyance(text: str) -> None:
    assert mood(text) == "annoyed"


@pytest.mark.parametrize("text", ["气死我了", "你们就是骗子", "垃圾店", "到底还要等多久，等了一个星期了", "还没到！！！", "太过分了吧"])
def test_strong_words_or_several_signs_are_anger(text: str) -> None:
    assert mood(text) == "angry"


def test_annoyance_that_goes_on_becomes_anger() -> None:
    assert mood("还没查到吗", ["怎么还没发货"]) == "angry"


def test_a_plain_message_after_an_angry_one_is_still_annoyed() -> None:
    assert mood("880000000009", ["你们就是骗子"]) == "annoyed"


@pytest.mark.parametrize("kind", ["好的谢谢", "没关系，我明白了", "辛苦了"])
def test_kind_words_end_it(kind: str) -> None:
    assert mood(kind, ["气死我了"]) == "calm"
    assert mood("那什么时候发", ["气死我了", kind]) == "calm"


def test_anger_is_forgotten_after_two_messages() -> None:
    assert mood("多少钱", ["气死我了", "连衣裙", "蓝色的"]) == "calm"


def test_marks_alone_are_no_anger() -> None:
    assert heat("漂亮！！！！") == 0
