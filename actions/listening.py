"""The message after a complaint is listened to: kept with the ticket in the shopper's own words, whatever else it leads to (cd_08)."""

from __future__ import annotations

from actions.complaint_facts import COMPLAINTS, open_complaint, tickets
from actions.turn import Turn

# Open questions that are answered with free text: what happened, what was wrong.
DETAILS = "complaint_details"
REMEDY = "complaint_remedy"
REVIEW = "review_details"
FREE_TEXT = (DETAILS, REMEDY, REVIEW)


def asked(turn: Turn) -> str | None:
    """The open question before this message, when it is one of those that any words answer."""
    question = turn.tracker.get_slot("open_question")
    return str(question) if question in FREE_TEXT else None


def keep(turn: Turn) -> None:
    """Add this message to the complaint that was asked about; once, however many actions answer it."""
    if asked(turn) is None or turn.dry_run or not turn.whole_text or turn.whole_text.startswith("/"):
        return
    known = open_complaint(turn, (*COMPLAINTS, "review"))
    if known is None:
        return
    text = turn.whole_text[:500]
    if not any(note.text == text and note.author == "shopper" for note in tickets(turn).notes(known.id)):
        tickets(turn).add_note(known.id, text, author="shopper")
