"""Every wish, event, rule, parameter, style rule, script and flow of the handbooks has its place and its test, and the page says so."""

from __future__ import annotations

import pytest

from tests.coverage_page import PAGE, Page, Sources, build


@pytest.fixture(scope="module")
def page() -> Page:
    """The page as its sources make it now."""
    return build(Sources())


def test_nothing_of_the_handbooks_lacks_its_place_or_its_test(page: Page) -> None:
    assert not page.gaps, "\n".join(page.gaps)


def test_the_page_is_as_new_as_what_it_is_made_of(page: Page) -> None:
    assert PAGE.exists(), "docs/coverage.md is missing: run `make coverage` and commit it"
    assert PAGE.read_text("utf-8") == "\n".join(page.lines) + "\n", "docs/coverage.md is stale: run `make coverage` and commit it"
