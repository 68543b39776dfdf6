"""What the guide for shops says (docs/embedding.md) is so: its examples run, its names exist, its API page is complete and offline."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.assets import FOLDER, slim
from gateway.identity import Identities
from gateway.problems import Problem
from gateway.settings import Secret
from policy.parameters import load_parameters

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")
SECRET = "a secret of the shop that is long enough"


def block(language: str, word: str) -> str:
    """The guide's code block of a language that has a word in it."""
    return next(code for code in re.findall(rf"```{language}\n(.*?)```", GUIDE, re.S) if word in code)


def test_the_python_example_signs_an_identity_that_is_taken() -> None:
    space: dict[str, Any] = {}
    exec(compile(block("python", "def chat_identity"), "docs/embedding.md", "exec"), space)  # the guide's own words are what is tested
    identities = Identities(Secret(SECRET))
    assert identities.customer(space["chat_identity"]("c05", SECRET)) == "c05"
    with pytest.raises(Problem):
        identities.customer(space["chat_identity"]("c05", SECRET + "!"))


@pytest.mark.parametrize("language", ["php", "js", "java"])
def test_the_other_examples_sign_the_same_claims_with_the_same_algorithm(language: str) -> None:
    code = block(language, "HmacSHA256" if language == "java" else "createHmac" if language == "js" else "hash_hmac")
    for word in ("HS256", "JWT", "sub", "exp", "600"):
        assert word in code


def test_every_attribute_event_and_parameter_of_the_guide_exists() -> None:
    loader = (FOLDER / "xiaoer.js").read_text(encoding="utf-8")
    names = dict(re.findall(r'(\w+): "([\w-]+)"', next(line for line in loader.splitlines() if line.startswith("const DATA"))))
    table = dict(re.findall(r"^\| `data-(\w+)` \| `([\w-]+)` \|", GUIDE, re.M))
    assert table == {name: attribute for name, attribute in names.items() if name != "mode"}
    told = {name for path in FOLDER.glob("*.js") for name in re.findall(r'\.tell\("(\w+)"', path.read_text(encoding="utf-8"))}
    heard = set(re.findall(r"`xiaoer:(\w+)`", GUIDE))
    assert heard == told | {"ready"}
    parameters = load_parameters()
    for name in re.findall(r"`(widget_\w+)`", GUIDE):
        assert name in parameters


def test_comments_stay_in_the_files_and_the_code_arrives_whole() -> None:
    source = "// why\nconst a = `\n  // kept\n`;\n\n  // gone\n  if (a) b();\n"
    assert slim(source) == "let a=`\n  // kept\n`;if(a)b();\n"
    for path in FOLDER.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert "\n//" in text or text.startswith("//")
        sent = slim(text)
        assert not sent.startswith("//")
        assert "\n//" not in sent
        # Every word that a shopper sees arrives.
        assert re.findall("[\u4e00-\u9fff]+", re.sub(r"(?m)^ *//.*$|(?<=; )// .*$", "", text)) == re.findall("[\u4e00-\u9fff]+", sent)


async def test_modules_are_sent_once_and_then_confirmed(http: httpx.AsyncClient) -> None:
    first = await http.get("/static/widget/xiaoer.js")
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.headers["content-encoding"] == "gzip"
    again = await http.get("/static/widget/xiaoer.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = await http.get("/static/widget/xiaoer.js", headers={"Accept-Encoding": "identity"})
    assert plain.text == first.text
    for path in ("/static/widget/none.js", "/static/widget/..%2f..%2fsettings.py", "/static/widget/"):
        assert (await http.get(path)).status_code == 404


async def test_the_api_page_has_every_call_and_needs_nothing_from_elsewhere(http: httpx.AsyncClient) -> None:
    document = (await http.get("/api/v1/openapi.json")).json()
    answer = await http.get("/api/v1/reference")
    assert answer.status_code == 200
    for path, item in document["paths"].items():
        assert answer.text.count(f"<code>{path}</code>") >= len([method for method in item if method in ("get", "post", "put", "delete")])
    for name in document["components"]["schemas"]:
        assert f'id="{re.sub("[^a-z0-9]", "-", name.lower())}"' in answer.text
    assert "<script" not in answer.text
    assert re.findall(r'(?:src|href)="(?!#|/)', answer.text) == []
    assert (await http.get("/static/reference.css")).status_code == 200
    # FastAPI's own pages load from elsewhere: they are not served.
    assert [(await http.get(path)).status_code for path in ("/docs", "/redoc")] == [404, 404]
