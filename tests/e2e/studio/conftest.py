"""A studio in a browser: a shell whose checkout is a copy of the project's data, and trainers who logged in through the real page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from shop.staff import Role
from studio.edits import Edit
from studio.repository import Author
from studio.workspace import Workspace
from tests.e2e.conftest import Open
from tests.e2e.desk.conftest import Desk
from tests.e2e.shell import Shell, running
from tests.e2e.studio.pictures import take
from tests.studio.support import git, make_checkout


@dataclass
class Studio(Desk):
    """``trainer()`` opens a page of a trainer; ``workspace``: the files; ``elsewhere()`` saves as somebody else, from another machine."""

    @property
    def workspace(self) -> Workspace:
        """The checkout's files."""
        return self.shell.services.studio.workspace

    def trainer(self, login: str, role: Role = "trainer", *, path: str = "/studio/changes", phone: bool = False) -> Page:
        """A page of this trainer, logged in by hand; ready when its module is."""
        page = self.agent(login, role, path=path, phone=phone)
        expect(page.locator("body[data-ready=yes]")).to_be_attached(timeout=20_000)
        return page

    def picture(self, page: Page, name: str, at: Locator | None = None) -> None:
        """A picture for docs/handbook.md: docs/pictures/<name>.png, when the environment asks for pictures (`make handbook-pictures`)."""
        take(page, name, at)

    def elsewhere(self, path: str, key: str, new: str | None, reason: str, who: str = "小红") -> None:
        """A save that did not come from this page."""
        block = self.workspace.block(path, key)
        edit = Edit(path, key, block.text if block else None, new)
        self.shell.services.studio.repository.save([edit], Author("s_else", who), reason)


@pytest.fixture(scope="session")
def studio_shell_of_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """The running gateway of the studio's tests; its checkout is $home/checkout."""
    home = tmp_path_factory.mktemp("studio")
    make_checkout(home / "checkout")
    with running(home, XIAOER_CHECKOUT=str(home / "checkout")) as started:
        yield started


@pytest.fixture
def shell(studio_shell_of_session: Shell) -> Shell:
    """Takes the place of the desk's shell in this folder; the files are as they were first."""
    root = studio_shell_of_session.services.settings.checkout
    git(root, "reset", "-q", "--hard", git(root, "rev-list", "--max-parents=0", "HEAD").strip())
    git(root, "clean", "-q", "-f", "-d")
    studio_shell_of_session.engine.turns.clear()
    return studio_shell_of_session


@pytest.fixture
def studio(shell: Shell, visit: Open) -> Iterator[Studio]:
    """The studio of a shop."""
    usual, usual_suggest = shell.engine.answer, shell.engine.suggest
    made = Studio(shell, visit)
    yield made
    shell.engine.answer, shell.engine.suggest, shell.engine.is_ready = usual, usual_suggest, True
    for one in made._shoppers:
        one.close()
