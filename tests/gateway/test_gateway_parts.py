"""Small parts by themselves: settings and secrets, rates, the choice of an engine, sentences."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import pytest

from gateway.problems import Problem
from gateway.rasa_client import RasaClient
from gateway.rate import LIMITS, RateLimiter
from gateway.settings import Secret, Settings, SettingsError
from gateway.talks import clean, for_engine
from gateway.wording import NAMES, Wording, WordingError


def test_secrets_are_made_once_and_only_for_their_owner(tmp_path: Path) -> None:
    first = Settings.from_env({"XIAOER_HOME": str(tmp_path)})
    second = Settings.from_env({"XIAOER_HOME": str(tmp_path)})
    assert first.identity_secret.reveal() == second.identity_secret.reveal()
    values = {first.identity_secret.reveal(), first.engine_token.reveal(), first.token_key.reveal(), first.integration_token.reveal()}
    assert len(values) == 4
    for file in (tmp_path / "secrets").iterdir():
        assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_two_processes_that_start_at_once_have_the_same_secrets(tmp_path: Path) -> None:
    seen: list[str] = []

    def read() -> None:
        seen.append(Settings.from_env({"XIAOER_HOME": str(tmp_path)}).identity_secret.reveal())

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1


def test_a_secret_shows_in_no_print(tmp_path: Path) -> None:
    settings = Settings.from_env({"XIAOER_HOME": str(tmp_path), "XIAOER_IDENTITY_SECRET": "topsecret" * 5})
    for shown in (repr(settings), str(settings.identity_secret), f"{settings.identity_secret:>20}", f"{settings.identity_secret!r}"):
        assert "topsecret" not in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [("XIAOER_PORT", "eighty"), ("XIAOER_PORT", "-1"), ("XIAOER_IDENTITY_SECRET", "short"), ("XIAOER_ENGINE_URLS", "engine:5005")],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({"XIAOER_HOME": str(tmp_path), name: value})


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="XIAOER_HOME"):
        Settings.from_env({"XIAOER_HOME": str(tmp_path / "file")})


def test_a_bucket_fills_again_with_time() -> None:
    now = [0.0]
    rate = RateLimiter(clock=lambda: now[0])
    for _ in range(LIMITS["message"].burst):
        rate.take("message", "a")
    with pytest.raises(Problem) as refused:
        rate.take("message", "a")
    assert refused.value.status == 429
    rate.take("message", "b")
    now[0] += float(refused.value.headers["Retry-After"])
    rate.take("message", "a")


def test_a_flood_of_addresses_does_not_fill_the_memory() -> None:
    now = [0.0]
    rate = RateLimiter(clock=lambda: now[0])
    for number in range(120_000):
        rate.take("open", str(number))
    assert len(rate._buckets) <= 60_000


async def test_a_talk_stays_with_its_engine_and_moves_only_when_that_is_gone() -> None:
    asked: list[str] = []
    dead: set[str] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host in dead:
            raise httpx.ConnectError("refused")
        asked.append(request.url.host)
        return httpx.Response(200, json={"replies": [], "trace": {}, "state": {}})

    urls = [f"http://engine{number}" for number in range(4)]
    client = RasaClient(urls, Secret("t" * 40), transport=httpx.MockTransport(answer))
    for talk in ("a", "b", "c", "d", "e", "f", "g", "h"):
        asked.clear()
        dead.clear()
        await client.turn(talk, text="一", metadata={})
        await client.turn(talk, text="二", metadata={})
        assert len(set(asked)) == 1
        dead.add(asked[0])
        await client.turn(talk, text="三", metadata={})
        assert asked[-1] == client.order_of(talk)[1].removeprefix("http://")
    assert len({client.order_of(str(number))[0] for number in range(40)}) == 4
    await client.close()


def test_what_the_engine_gets_of_a_text() -> None:
    assert for_engine("/restart") == "restart"
    assert for_engine(" \u200b／/ restart /x") == "restart /x"
    assert for_engine("//") == "？"
    assert len(for_engine("字" * 5000)) == 1000
    assert for_engine("尺码 1/2") == "尺码 1/2"


def test_what_is_stored_of_a_text() -> None:
    assert clean("  a\r\nb\x00\x07\t😊 ") == "a\nb\t😊"


def wording(tmp_path: Path, text: str) -> Wording:
    path = tmp_path / "smalltalk.yml"
    path.write_text(text, "utf-8")
    return Wording(path)


def test_a_missing_sentence_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(WordingError, match="utter_smalltalk_opening"):
        wording(tmp_path, "responses: {utter_x: [{text: a}]}").check()
    with pytest.raises(WordingError, match="cannot be read"):
        Wording(tmp_path / "none.yml").check()


def test_a_sentence_is_never_said_with_an_empty_bracket(tmp_path: Path) -> None:
    names = "".join(
        f"  {name}:\n    - text: {{0}}\n      buttons: [{{{{title: 人工, payload: /request_human}}}}]\n".format("您好") for name in NAMES
    )
    words = wording(
        tmp_path,
        f"responses:\n{names}  utter_a:\n    - text: 到{{gone}}了\n    - text: 您好，{{shop}}\n  utter_b:\n    - text: 到{{gone}}了\n",
    )
    words.check()
    for turn in range(4):
        assert words.say("utter_a", {"shop": "小二"}, turn).bubbles == ("您好，小二",)
    with pytest.raises(WordingError):
        words.say("utter_b", {"shop": "小二"})
