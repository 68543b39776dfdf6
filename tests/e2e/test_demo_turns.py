"""The demonstration page while it still reads the shop: what is chosen early is chosen."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.conftest import Open
from tests.e2e.late import Late
from tests.e2e.shell import Shell


def test_a_theme_chosen_before_the_shop_was_read_holds(shell: Shell, visit: Open) -> None:
    page = visit(f"{shell.address}/chat")
    with Late(page, "/demo/shop$") as late:
        page.goto(shell.address)
        late.wait()
        page.locator("#theme").select_option("dark")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        late.come()
        expect(page.locator(".card").first).to_be_visible()
        expect(page.locator("#theme")).to_have_value("dark")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
