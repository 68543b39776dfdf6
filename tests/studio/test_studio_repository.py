"""Saves are commits of exactly the edited blocks; nothing that anybody else wrote is lost."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from threading import Thread

import pytest

from studio.blocks import render
from studio.edits import Edit
from studio.errors import StudioError
from studio.rendering import plain
from studio.repository import Author, Repository, StudioConflict
from studio.workspace import Workspace
from tests.studio.conftest import QING
from tests.studio.support import git

RETURNS, POSTAGE = "data/nlu/returns.yml", "policy/tables/postage.yml"
WORDING = "data/responses/smalltalk.yml"
GREET = "response:utter_smalltalk_opening"


def adding(workspace: Workspace, *lines: str, key: str = "intent:request_return", path: str = RETURNS) -> Edit:
    """An edit that adds examples at the end of an intent."""
    base = workspace.block(path, key)
    assert base is not None
    return Edit(path, key, base.text, base.text + "".join(f"      - {line}\n" for line in lines))


class TestSave:
    def test_one_commit_of_exactly_the_block_with_who_and_why(self, repository: Repository, workspace: Workspace, checkout: Path) -> None:
        before = workspace.text(RETURNS)
        commit = repository.save([adding(workspace, "蓝色的不想要了")], QING, "昨天有三位这么说")
        assert (commit.author, commit.author_id, commit.reason, commit.paths) == ("小青", "s_qing", "昨天有三位这么说", (RETURNS,))
        (file,) = repository.commit(commit.id).files
        assert [line for mark, line in file.lines if mark in "+-"] == ["      - 蓝色的不想要了"]
        assert workspace.text(RETURNS) == before.replace(
            workspace.block(RETURNS, "intent:request_return").text.replace("      - 蓝色的不想要了\n", ""),  # type: ignore[union-attr]
            workspace.block(RETURNS, "intent:request_return").text,  # type: ignore[union-attr]
        )
        assert git(checkout, "status", "--porcelain") == ""
        assert git(checkout, "log", "-1", "--format=%an <%ae>|%s").strip() == "小青 <s_qing@studio.xiaoer>|昨天有三位这么说"

    def test_what_an_editor_has_not_committed_stays_uncommitted(self, repository: Repository, workspace: Workspace, checkout: Path) -> None:
        edit = adding(workspace, "蓝色的不想要了")
        path = checkout / RETURNS
        path.write_text(path.read_text("utf-8") + "\n# a note of the one who edits by hand\n", "utf-8")
        repository.save([edit], QING, "补一句")
        assert path.read_text("utf-8").endswith("# a note of the one who edits by hand\n")
        assert "a note of the one" not in git(checkout, "show", f"HEAD:{RETURNS}")
        assert "蓝色的不想要了" in git(checkout, "show", f"HEAD:{RETURNS}")
        assert repository.outside() == [RETURNS]
        (diff,) = repository.outside_diffs()
        assert ("+", "# a note of the one who edits by hand") in diff.lines
        commit = repository.adopt([RETURNS], QING, "手工加的说明")
        assert commit.paths == (RETURNS,)
        assert repository.outside() == []

    def test_what_is_staged_stays_staged(self, repository: Repository, workspace: Workspace, checkout: Path) -> None:
        edit = adding(workspace, "蓝色的不想要了")
        for path in (RETURNS, "data/nlu/orders.yml"):
            (checkout / path).write_text((checkout / path).read_text("utf-8") + "\n# staged\n", "utf-8")
        git(checkout, "add", "-A")
        repository.save([edit], QING, "补一句")
        assert git(checkout, "status", "--porcelain").split("\n")[:2] == ["M  data/nlu/orders.yml", f"M  {RETURNS}"]
        assert "蓝色的不想要了" in git(checkout, "show", f":{RETURNS}")
        assert "蓝色的不想要了" not in git(checkout, "diff", "--cached")

    def test_two_people_add_to_one_block_and_both_stay(self, repository: Repository, workspace: Workspace) -> None:
        first = adding(workspace, "第一位的说法")
        base = workspace.block(RETURNS, "intent:request_return")
        assert base is not None
        lines = base.text.splitlines(keepends=True)
        second = Edit(RETURNS, base.key, base.text, "".join([*lines[:2], "      - 第二位的说法\n", *lines[2:]]))
        repository.save([first], QING, "一")
        repository.save([second], Author("s_hong", "小红"), "二")
        now = workspace.text(RETURNS)
        assert "第一位的说法" in now
        assert "第二位的说法" in now

    def test_the_second_of_two_in_the_same_lines_sees_the_first(self, repository: Repository, workspace: Workspace) -> None:
        first, second = adding(workspace, "第一位的说法"), adding(workspace, "第二位的说法")
        repository.save([first], QING, "一")
        before = workspace.text(RETURNS)
        with pytest.raises(StudioConflict) as caught:
            repository.save([second], QING, "二")
        (conflict,) = caught.value.conflicts
        assert "第一位的说法" in str(conflict.theirs)
        assert "第二位的说法" in str(conflict.mine)
        assert workspace.text(RETURNS) == before

    def test_two_changes_that_make_no_block_together_are_a_conflict(self, repository: Repository, workspace: Workspace) -> None:
        path, key = "data/rules/reviews.yml", workspace.blocks("data/rules/reviews.yml")[1].key
        base = workspace.block(path, key)
        assert base is not None
        head, rest = base.text.split("\n", 1)
        repository.save([Edit(path, key, base.text, f"{base.text}    wait_for_user_input: false\n")], QING, "一")
        with pytest.raises(StudioConflict):
            repository.save([Edit(path, key, base.text, f"{head}\n    wait_for_user_input: true\n{rest}")], QING, "二")

    def test_line_ends_of_a_checkout_on_windows_stay(self, repository: Repository, workspace: Workspace, checkout: Path) -> None:
        path = checkout / RETURNS
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        repository.save([adding(workspace, "一句")], QING, "一")
        assert b"\xa5\r\n" in path.read_bytes()
        assert not path.read_bytes().replace(b"\r\n", b"").count(b"\n")
        assert "\r" not in git(checkout, "show", f"HEAD:{RETURNS}")

    def test_many_at_once_lose_nothing(self, repository: Repository, workspace: Workspace, tmp_path: Path) -> None:
        paths = {"data/nlu/returns.yml": "request_return", "data/nlu/smalltalk.yml": "greet", "data/nlu/bargaining.yml": "bargain"}
        edits = {name: adding(workspace, f"同时的一句{name}", key=f"intent:{name}", path=path) for path, name in paths.items()}
        failures: list[BaseException] = []

        def save(name: str) -> None:
            own = Repository(Workspace(workspace.root), tmp_path / "studio.lock")
            try:
                own.save([edits[name]], Author(name, name), name)
            except BaseException as error:
                failures.append(error)

        threads = [Thread(target=save, args=(name,)) for name in edits]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert {one.reason for one in repository.history(limit=3)} == set(edits)
        assert git(workspace.root, "status", "--porcelain") == ""

    def test_a_commit_from_the_command_line_in_between_is_built_upon(
        self, repository: Repository, workspace: Workspace, checkout: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usual, done = repository._stage, []

        def stage(texts: dict[str, str | None], env: dict[str, str]) -> None:
            if not done:
                done.append(1)
                (checkout / "config.yml").write_text((checkout / "config.yml").read_text("utf-8") + "# by hand\n", "utf-8")
                git(checkout, "commit", "-q", "-m", "By hand.", "config.yml")
            usual(texts, env)

        monkeypatch.setattr(repository, "_stage", stage)
        repository.save([adding(workspace, "蓝色的不想要了")], QING, "补一句")
        assert [one.reason for one in repository.history(limit=2)] == ["补一句", "By hand."]
        assert git(checkout, "status", "--porcelain") == ""

    def test_a_new_block_a_removed_one_and_a_new_file(self, repository: Repository, workspace: Workspace, checkout: Path) -> None:
        new = render("rules", "rule:say hello", {"rule": "say hello", "steps": [{"intent": "greet"}, {"action": "utter_x"}]}, None)
        gone = workspace.blocks("data/rules/returns.yml")[-1]
        edits = [
            Edit("data/rules/new.yml", "rule:say hello", None, new),
            Edit("data/rules/returns.yml", gone.key, gone.text, None),
        ]
        commit = repository.save(edits, QING, "整理规则")
        assert workspace.parsed("data/rules/new.yml") == {"version": "3.1", "rules": [plain("rule:say hello", new)]}
        assert workspace.block("data/rules/returns.yml", gone.key) is None
        repository.undo(commit.id, QING, "弄错了")
        assert not (checkout / "data/rules/new.yml").exists()
        assert workspace.block("data/rules/returns.yml", gone.key).text == gone.text  # type: ignore[union-attr]
        assert git(checkout, "diff", "HEAD~2") == ""


class TestHistory:
    def test_undo_takes_back_one_save_and_keeps_later_ones(self, repository: Repository, workspace: Workspace) -> None:
        before = workspace.text(RETURNS)
        first = repository.save([adding(workspace, "要撤的一句")], QING, "一")
        repository.save([adding(workspace, "留下的一句", key="intent:request_exchange")], QING, "二")
        undone = repository.undo(first.id, Author("s_hong", "小红"), "不对")
        assert undone.undoes == first.id
        assert undone.reason == "不对\n\n撤销：一"
        assert "要撤的一句" not in workspace.text(RETURNS)
        assert workspace.text(RETURNS).replace("      - 留下的一句\n", "") == before

    def test_undo_of_lines_that_changed_since_is_a_conflict(self, repository: Repository, workspace: Workspace) -> None:
        first = repository.save([adding(workspace, "一句")], QING, "一")
        block = workspace.block(RETURNS, "intent:request_return")
        assert block is not None
        repository.save([Edit(RETURNS, block.key, block.text, block.text.replace("- 一句\n", "- 一句改\n"))], QING, "二")
        with pytest.raises(StudioConflict):
            repository.undo(first.id, QING, "不要")

    def test_the_history_of_a_block_is_its_own(self, repository: Repository, workspace: Workspace) -> None:
        repository.save([adding(workspace, "别处", key="intent:request_exchange")], QING, "别处")
        repository.save([adding(workspace, "这里")], QING, "这里")
        assert [one.reason for one in repository.history(RETURNS, "intent:request_return")] == ["这里", "The shop's data."]
        assert [one.reason for one in repository.history(RETURNS)] == ["这里", "别处", "The shop's data."]
        assert repository.history(RETURNS, "intent:none") == []

    def test_an_unknown_commit_is_refused(self, repository: Repository) -> None:
        for wrong in ("0" * 40, "HEAD", "--all", "abc"):
            with pytest.raises(StudioError, match="没有这个提交"):
                repository.commit(wrong)


class TestRefusals:
    def refused(self, repository: Repository, workspace: Workspace, words: str) -> None:
        before = {path: (workspace.root / path).read_bytes() for path in workspace.all_files()}
        with pytest.raises(StudioError, match=words):
            repository.save([adding(workspace, "一句")], QING, "一")
        assert {path: (workspace.root / path).read_bytes() for path in workspace.all_files()} == before

    def test_no_repository(self, repository: Repository, workspace: Workspace, checkout: Path) -> None:
        shutil.rmtree(checkout / ".git")
        self.refused(repository, workspace, "这里不是 git 仓库.*git init")

    def test_no_commit_yet(self, repository: Repository, workspace: Workspace, checkout: Path) -> None:
        shutil.rmtree(checkout / ".git")
        git(checkout, "init", "-q")
        self.refused(repository, workspace, "还没有任何提交")

    def test_no_branch(self, repository: Repository, workspace: Workspace, checkout: Path) -> None:
        git(checkout, "checkout", "-q", "--detach")
        self.refused(repository, workspace, "detached HEAD.*git switch main")

    def test_a_merge_under_way(self, repository: Repository, workspace: Workspace, checkout: Path) -> None:
        (checkout / ".git" / "MERGE_HEAD").write_text("0" * 40)
        self.refused(repository, workspace, "合并还没有完成")

    def test_another_git_command(
        self, repository: Repository, workspace: Workspace, checkout: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("studio.repository.WAIT_FOR_LOCK", 0.0)
        (checkout / ".git" / "index.lock").touch()
        self.refused(repository, workspace, "另一个 git 命令正在运行")

    def test_no_git(self, repository: Repository, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "environ", {**os.environ, "PATH": "/nowhere"})
        self.refused(repository, workspace, "没有安装 git")

    def test_no_reason_no_change_and_what_is_no_yaml(self, repository: Repository, workspace: Workspace) -> None:
        edit = adding(workspace, "一句")
        with pytest.raises(StudioError, match="没有写修改原因"):
            repository.save([edit], QING, "  ")
        with pytest.raises(StudioError, match="没有可保存的修改"):
            repository.save([Edit(edit.path, edit.key, edit.base, edit.base)], QING, "一")
        with pytest.raises(StudioError, match="YAML 读不了"):
            repository.save([Edit(edit.path, edit.key, edit.base, "  - intent: [x\n")], QING, "一")
        with pytest.raises(StudioError, match="不是工作室可以改的文件"):
            repository.save([Edit("data/nlu/../../../etc/x.yml", "intent:x", None, "- intent: x\n")], QING, "一")
        with pytest.raises(StudioError, match="不能写在这个文件里"):
            repository.save([Edit(RETURNS, "rule:x", None, "  - rule: x\n    steps:\n      - intent: greet\n")], QING, "一")
