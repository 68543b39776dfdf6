"""The API reference as a page: made from the OpenAPI document, without scripts and without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from gateway import chat_socket

router = APIRouter(include_in_schema=False)
METHODS = ("get", "post", "put", "patch", "delete")
LISTED = "items"


@router.get("/api/v1/reference", response_class=HTMLResponse)
async def reference(request: Request) -> HTMLResponse:
    """Every call, its parameters, bodies and answers."""
    return HTMLResponse(page(request.app.openapi()), headers={"Cache-Control": "no-cache"})


def page(document: Mapping[str, Any]) -> str:
    """The reference of an OpenAPI document as HTML."""
    tags: dict[str, list[str]] = {}
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                tag = next(iter(item[method].get("tags", ())), "other")
                tags.setdefault(tag, []).append(_operation(method, path, item[method]))
    info = document["info"]
    schemas = document.get("components", {}).get("schemas", {})
    menu = "".join(f'<li><a href="#{_anchor(tag)}">{escape(tag)}</a></li>' for tag in [*tags, "socket", "schemas"])
    parts = [f'<section id="{_anchor(tag)}"><h2>{escape(tag)}</h2>{"".join(operations)}</section>' for tag, operations in tags.items()]
    return "".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<title>{escape(info["title"])}</title><link rel="icon" href="/static/chat/icon.svg">',
            '<link rel="stylesheet" href="/static/reference.css"></head><body>',
            f"<header><h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>",
            '<p>The document itself: <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>. Errors are application/problem+json.</p>',
            f"</header><nav aria-label='Sections'><ul>{menu}</ul></nav><main>",
            *parts,
            f'<section id="socket"><h2>socket</h2><pre>{escape((chat_socket.__doc__ or "").strip())}</pre></section>',
            '<section id="schemas"><h2>schemas</h2>',
            *(_schema(name, schema) for name, schema in sorted(schemas.items())),
            "</section></main></body></html>",
        )
    )


def _operation(method: str, path: str, told: Mapping[str, Any]) -> str:
    rows = [
        (parameter["name"], parameter["in"], parameter.get("schema", {}), parameter.get("required", False))
        for parameter in told.get("parameters", ())
    ]
    body = told.get("requestBody", {}).get("content", {})
    parts = [f'<article><h3><b class="{method}">{method.upper()}</b> <code>{escape(path)}</code></h3>', _text(told.get("description"))]
    if rows:
        lines = "".join(
            f"<tr><td><code>{escape(name)}</code></td><td>{place}</td><td>{_type(schema)}</td><td>{'required' if needed else ''}</td></tr>"
            for name, place, schema, needed in rows
        )
        parts.append(f"<table><caption>Parameters</caption>{lines}</table>")
    parts += [f"<p>Body, {escape(kind)}: {_type(media.get('schema', {}))}</p>" for kind, media in body.items()]
    answers = "".join(
        f"<tr><td>{escape(status)}</td><td>{escape(answer.get('description', ''))}</td><td>{' '.join(_contents(answer))}</td></tr>"
        for status, answer in sorted(told.get("responses", {}).items())
    )
    return "".join((*parts, f"<table><caption>Answers</caption>{answers}</table></article>"))


def _contents(answer: Mapping[str, Any]) -> Iterator[str]:
    for media in answer.get("content", {}).values():
        if media.get("schema"):
            yield _type(media["schema"])


def _schema(name: str, told: Mapping[str, Any]) -> str:
    needed = set(told.get("required", ()))
    lines = "".join(
        f"<tr><td><code>{escape(member)}</code></td><td>{_type(schema)}</td><td>{'required' if member in needed else ''}</td></tr>"
        for member, schema in told.get("properties", {}).items()
    )
    table = f"<table>{lines}</table>" if lines else f"<p>{_type(told)}</p>"
    return f'<article id="{_anchor(name)}"><h3>{escape(name)}</h3>{_text(told.get("description"))}{table}</article>'


def _type(schema: Mapping[str, Any]) -> str:
    """A schema in a few words, with links to named ones."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[-1]
        return f'<a href="#{_anchor(name)}">{escape(name)}</a>'
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return " or ".join(_type(each) for each in schema[word])
    if "enum" in schema or "const" in schema:
        return " | ".join(escape(repr(value)) for value in schema.get("enum", [schema.get("const")]))
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"list of {_type(schema.get(LISTED, {}))}"
    bounds = [f"{word} {schema[word]}" for word in ("format", "minimum", "maximum", "minLength", "maxLength", "maxItems") if word in schema]
    return escape(kind + (f" ({', '.join(bounds)})" if bounds else ""))


def _text(words: str | None) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in (words or "").split("\n\n") if part.strip())


def _anchor(name: str) -> str:
    return "".join(char if char.isalnum() else "-" for char in name.lower())
