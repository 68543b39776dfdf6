"""When a wish has earned that the bot may answer it alone (issue 7, part 9): measured by what agents did with its suggestions. Pure."""

from __future__ import annotations

from dataclasses import dataclass

# So many of its suggestions were sent, and so many of those word for word.
SENDS = 30
UNEDITED = 0.90
# What was sent longer ago says little of the words and the model of today (days).
WITHIN = 90


@dataclass(frozen=True)
class Acceptance:
    """What became of an intent's suggestions: ``sent`` word for word, ``edited`` before sending, ``ignored`` for words of one's own."""

    sent: int = 0
    edited: int = 0
    ignored: int = 0

    @property
    def n(self) -> int:
        """Sends that came from a suggestion."""
        return self.sent + self.edited

    @property
    def unedited(self) -> float | None:
        """The share of sends that went out word for word; None without any."""
        return self.sent / self.n if self.n else None

    @property
    def accepted(self) -> float | None:
        """The share of offers that were taken, edited or not; None when none was settled."""
        settled = self.n + self.ignored
        return self.n / settled if settled else None


def auto_is_offered(found: Acceptance) -> bool:
    """Whether ``auto`` is offered for an intent: enough sends, and nearly all of them unedited."""
    # Compared in whole numbers: 27 of 30 are 90 %, whatever a float makes of it.
    return found.n >= SENDS and found.sent * 100 >= round(UNEDITED * 100) * found.n
