"""Our words stay ours: jieba's global tokenizer never learns them."""

from __future__ import annotations

import jieba

from engine.nlu.segment import Segmenter


def test_catalogue_words_stay_whole() -> None:
    words = [word for word, _, _ in Segmenter(["活性印花四件套"]).cut("这个活性印花四件套会掉色吗")]
    assert "活性印花四件套" in words


def test_two_segmenters_do_not_share_words() -> None:
    Segmenter(["碎花雪纺连衣裙"])
    other = [word for word, _, _ in Segmenter([]).cut("碎花雪纺连衣裙")]
    assert "碎花雪纺连衣裙" not in other


def test_jieba_itself_learns_nothing() -> None:
    before = list(jieba.cut("桑蚕丝被多少钱"))
    Segmenter(["桑蚕丝被多少钱"])
    assert list(jieba.cut("桑蚕丝被多少钱")) == before
    assert "桑蚕丝被多少钱" not in jieba.dt.FREQ


def test_blanks_are_no_words_and_offsets_hold() -> None:
    text = "158 98斤穿啥码"
    for word, start, end in Segmenter([]).cut(text):
        assert text[start:end] == word
        assert not word.isspace()
