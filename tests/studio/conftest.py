"""A checkout of the project's data as a git repository: made once a session, copied for every test that writes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from studio.repository import Author, Repository
from studio.workspace import Workspace
from tests.studio.support import make_checkout

QING = Author("s_qing", "小青")


@pytest.fixture(scope="session")
def checkout_of_session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout as it is committed in the project; not to be written."""
    return make_checkout(tmp_path_factory.mktemp("checkout") / "shop")


@pytest.fixture
def checkout(checkout_of_session: Path, tmp_path: Path) -> Path:
    """A checkout of one's own: data/, domain.yml, config.yml, policy/tables, tests/nlu, tests/stories, with one commit."""
    root = tmp_path / "shop"
    shutil.copytree(checkout_of_session, root, symlinks=True)
    # The copies are as old as the files that git knows, but are other files: without this its first look reads them all.
    subprocess.run(["git", "update-index", "-q", "--refresh"], cwd=root, check=True)
    return root


@pytest.fixture
def workspace(checkout: Path) -> Workspace:
    """The files of that checkout."""
    return Workspace(checkout)


@pytest.fixture
def repository(workspace: Workspace, tmp_path: Path) -> Repository:
    """Its history."""
    return Repository(workspace, tmp_path / "studio.lock")
