"""``python -m policy.wording "文本"``: explains every finding. Exit 0 fine, 1 something blocks, 2 wrong arguments."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence

from policy.wording.check import ADDRESSES, PROFILES, blocks, check
from policy.wording.rules import Finding, settings


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m policy.wording", description="Explain what is wrong with a text for shoppers.")
    parser.add_argument("text", help="the text, or - to read it from stdin")
    parser.add_argument("--profile", choices=PROFILES, default=PROFILES[0], help="where it is to be said")
    parser.add_argument("--topic", help="a file stem of data/responses, such as complaints")
    parser.add_argument("--address", choices=ADDRESSES, default=ADDRESSES[0], help="the shop's address style")
    parser.add_argument("--backed", action="append", default=[], metavar="VALUE", help="a value out of data that the text states")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    return parser.parse_args(arguments)


def _line(one: Finding, labels: dict[str, str]) -> str:
    sounds = f"{labels['sounds']}：" if one.sounds else ""
    parts = [f"{labels[one.severity]} {one.rule} 「{one.found}」({one.span[0]}-{one.span[1]}) {sounds}{one.why}"]
    parts += [f"  {labels['script']}: {one.script}"] if one.script else []
    parts += [f"  {labels['instead']}: {one.instead}"] if one.instead else []
    return "\n".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; argparse itself exits 2 with the allowed profiles when one is unknown."""
    asked = _arguments(arguments)
    text = sys.stdin.read() if asked.text == "-" else asked.text
    findings = check(text, profile=asked.profile, topic=asked.topic, address=asked.address, backed=asked.backed)
    if asked.json:
        print(json.dumps([dataclasses.asdict(one) | {"suggestion": one.suggestion} for one in findings], ensure_ascii=False, indent=2))
    else:
        labels = settings()["labels"]
        print("\n".join(_line(one, labels) for one in findings) or labels["fine"])
    return 1 if blocks(findings) else 0


if __name__ == "__main__":
    sys.exit(main())
