"""The studio of a running gateway: its checkout, the history of that, and the releases; and how its errors are told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from gateway.problems import problem_response
from gateway.settings import Settings
from gateway.studio_schemas import conflicts_out
from gateway.threads import in_thread
from studio.errors import StudioError
from studio.jobs import Jobs
from studio.releases import ReleaseError, Releases
from studio.repository import Author, Repository, StudioConflict
from studio.workspace import Workspace

# Who works in the studio. A trainer sees no talk, and of what shoppers wrote only what is masked.


@dataclass(frozen=True)
class Studio:
    """``workspace``: the files that people edit; ``repository``: their commits; ``releases``: what speaks and may speak;
    ``jobs``: what goes on in the background."""

    settings: Settings
    workspace: Workspace
    repository: Repository
    releases: Releases
    jobs: Jobs

    @property
    def folder(self) -> Path:
        """Where the studio keeps what belongs to this installation and not to the files."""
        return self.settings.home / "studio"


def make_studio(settings: Settings) -> Studio:
    """Wire it; nothing is read yet."""
    workspace = Workspace(settings.checkout)
    repository = Repository(workspace, settings.home / "studio" / "save.lock")
    return Studio(settings, workspace, repository, Releases(settings.home), Jobs(settings.home, settings.checkout))


def author(member_id: str, name: str) -> Author:
    """Who saves, as the history will say."""
    return Author(member_id, name)


def install(app: FastAPI) -> None:
    """Make the studio's errors problem documents: 409 with both versions when two edited the same lines, else 422 with the remedy."""

    @app.exception_handler(StudioConflict)
    async def conflict(_: Request, error: StudioConflict) -> JSONResponse:
        conflicts = await in_thread(conflicts_out, error.conflicts)
        return problem_response(409, "studio-conflict", str(error), place=error.place, remedy=error.remedy, conflicts=conflicts)

    @app.exception_handler(StudioError)
    @app.exception_handler(ReleaseError)
    async def refused(_: Request, error: StudioError | ReleaseError) -> JSONResponse:
        return problem_response(422, "studio", str(error), place=error.place, problem=error.problem, remedy=error.remedy)
