"""What the bot would say, as an agent says it: without sentences about buttons, about itself, and about asking for a person. Pure.

The patterns are data (``policy/wordlists/desk.yml``); a response that would lose everything has a variation of its own
(``condition`` on ``speaker``).
"""

from __future__ import annotations

import re
from functools import lru_cache

from policy.words import words

_SENTENCE = re.compile(r"[^。！!？?；;\n]+[。！!？?；;]*\n*|\n+")


def by_agent(text: str) -> str:
    """The text without the sentences that only the assistant says; empty when there are no others. The rest stays letter by letter."""
    return "".join(one for one in _SENTENCE.findall(text) if not _not_an_agents().search(one)).strip()


@lru_cache(maxsize=1)
def _not_an_agents() -> re.Pattern[str]:
    return re.compile("|".join(words()["not_an_agents"]))
