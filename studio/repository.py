"""Saves as commits: exactly the blocks that were edited, with who and why; and their history, which can be undone.

What somebody has changed in an editor and not committed stays uncommitted: the commit is made of the committed file with the edited
blocks, the file in the checkout of its own text with the same blocks. Nothing here changes what another git command has staged.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from studio.blocks import Block, blocks, container_of, key_of
from studio.commits import ADDRESS, FORMAT, Author, Commit, StudioConflict, commits, subject
from studio.edits import Applied, Conflict, Document, Edit, FileDiff, apply, lines_between, merge, new_file, settled
from studio.errors import StudioError
from studio.git import Git, GitError
from studio.loading import load
from studio.rendering import plain
from studio.workspace import PLACES, Workspace

__all__ = ["LONGEST_REASON", "Author", "Commit", "Repository", "StudioConflict", "renamed"]

LONGEST_REASON = 500
TRIES = 5
WAIT_FOR_LOCK = 3.0  # seconds that another git command may take
_ID = re.compile(r"[0-9a-f]{7,40}")


class Repository:
    """The git history of a workspace. ``lock_file``: keeps two saves of this installation apart; made when it is missing."""

    def __init__(self, workspace: Workspace, lock_file: Path) -> None:
        self.workspace = workspace
        self.git = Git(workspace.root)
        self._lock_file = lock_file

    # Reading

    def head(self) -> str:
        """The commit that is checked out. StudioError outside of git and before the first commit."""
        try:
            self.git("rev-parse", "--git-dir")
        except GitError as error:
            place = str(self.workspace.root)
            if "dubious ownership" in str(error):
                remedy = f"运行 git config --global --add safe.directory {place}"
                raise StudioError(place, "这个目录属于别的用户，git 不读", remedy) from error
            raise StudioError(
                place, "这里不是 git 仓库，不能保存修改", "在项目目录运行 git init 并提交一次，或设置 XIAOER_CHECKOUT"
            ) from error
        try:
            return self.git("rev-parse", "--verify", "-q", "HEAD^{commit}").strip()
        except GitError as error:
            raise StudioError(str(self.workspace.root), "还没有任何提交", "先运行 git add -A && git commit") from error

    def text_at(self, commit: str, path: str) -> str | None:
        """A file as it was in a commit; None when it was not there."""
        self.workspace.kind_of(path)
        try:
            return self.git("cat-file", "blob", f"{commit}:{path}")
        except GitError:
            return None

    def blobs(self, commit: str, paths: Sequence[str]) -> dict[str, str]:
        """The names of the contents of these files in a commit; one that is not there is left out."""
        if not paths:
            return {}
        listed = self.git("ls-tree", "-r", "-z", commit, "--", *paths)
        return {line.split("\t", 1)[1]: line.split()[2] for line in listed.split("\0") if line}

    def outside(self) -> list[str]:
        """Files that were changed in the checkout (in an editor, by a program) and are not committed."""
        self.head()
        listed = self.git("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", *PLACES.values())
        return sorted(path for one in listed.split("\0") if (path := one[3:]) and path.endswith((".yml", ".yaml")))

    def outside_diffs(self) -> list[FileDiff]:
        """What was changed and is not committed."""
        head, found = self.head(), []
        for path in self.outside():
            now = self.workspace.text(path) if self.workspace.exists(path) else ""
            found.append(FileDiff(path, list(lines_between(self.text_at(head, path) or "", now))))
        return found

    def history(self, path: str | None = None, key: str | None = None, limit: int = 50) -> list[Commit]:
        """Commits that changed the studio's files, newest first; with ``path`` and ``key`` those that changed one file or block."""
        self.head()
        wanted = [self.workspace.kind_of(path) and path] if path else list(PLACES.values())
        if path and key:
            lines = self._committed_lines(path, key)
            if lines is None:
                return []
            listed = self.git("log", f"-{limit}", "-s", f"--format={FORMAT}", f"-L{lines[0]},{lines[1]}:{path}", "HEAD")
            return [replace(one, paths=(path,)) for one in commits(listed)]
        return commits(self.git("log", f"-{limit}", "--no-merges", "--name-only", f"--format={FORMAT}", "HEAD", "--", *wanted))

    def commit(self, commit_id: str) -> Commit:
        """One commit with what it changed."""
        found = self._one(commit_id)
        files = []
        for path in found.paths:
            before, after = self._before(found.id, path), self.text_at(found.id, path)
            files.append(FileDiff(path, list(lines_between(before or "", after or ""))))
        return replace(found, files=tuple(files))

    def since(self, path: str, commit_id: str) -> list[Commit]:
        """Commits of a file after a commit, newest first; all of them when that commit is unknown here."""
        known = commit_id and self._knows(commit_id)
        return commits(self.git("log", "--name-only", f"--format={FORMAT}", f"{commit_id}..HEAD" if known else "HEAD", "--", path))

    # Writing

    def save(self, edits: Iterable[Edit], author: Author, reason: str) -> Commit:
        """Write the edited blocks into their files and commit exactly them. StudioConflict: somebody changed the same lines meanwhile."""
        edits = list(edits)
        return self._save(lambda: apply(self.workspace, edits), edits, author, reason)

    def undo(self, commit_id: str, author: Author, reason: str) -> Commit:
        """Take a commit back (a commit of its own). StudioConflict when its lines were changed again since."""
        found = self._one(commit_id)
        edits: list[Edit] = []
        whole: dict[str, tuple[str, str]] = {}
        for path in found.paths:
            before, after = self._before(found.id, path), self.text_at(found.id, path)
            reverse = self._reverse(path, before, after)
            if reverse is None:
                whole[path] = (after or "", before or "")
            else:
                edits += reverse

        def make() -> Applied:
            applied = apply(self.workspace, edits)
            texts, conflicts = dict(applied.texts), list(applied.conflicts)
            for path, (base, mine) in whole.items():
                now = self.workspace.text(path) if self.workspace.exists(path) else ""
                both = mine if now == base else merge(mine, base, now) if now else None
                if both is None:
                    conflicts.append(Conflict(path, "*", base, now, mine))
                elif both != now:
                    texts[path] = both or None
            return Applied(texts, applied.merged, conflicts)

        return self._save(make, edits, author, f"{reason.strip()}\n\n撤销：{subject(found.reason)}\nStudio-Undoes: {found.id}")

    def adopt(self, paths: Sequence[str], author: Author, reason: str) -> Commit:
        """Commit files as they lie in the checkout: changes that were made in an editor and that nobody has committed."""
        left = set(paths) - set(self.outside())
        if left or not paths:
            raise StudioError("、".join(sorted(left)) or "文件", "没有未提交的修改", "刷新页面再选")

        def make() -> Applied:
            return Applied({path: self.workspace.text(path) if self.workspace.exists(path) else None for path in paths}, False, [])

        return self._save(make, None, author, reason)

    def _save(self, make: Callable[[], Applied], edits: Sequence[Edit] | None, author: Author, reason: str) -> Commit:
        if not reason.strip():
            raise StudioError("原因", "没有写修改原因", "用一句话写明为什么改")
        with self._locked():
            branch, head = self._ground()
            before: dict[str, str | None] = {}
            for _ in range(TRIES):
                applied = make()
                if applied.conflicts:
                    raise StudioConflict(applied.conflicts)
                if not applied.texts:
                    raise StudioError("保存", "内容和现在一样，没有可保存的修改", "先改再保存")
                before = {path: self.workspace.text(path) if self.workspace.exists(path) else None for path in applied.texts}
                # Somebody may save in an editor while we work: what they wrote is read again and kept.
                if edits is None or make().texts == applied.texts:
                    break
            else:
                raise StudioError("、".join(applied.texts), "文件一直在变", "等编辑器或其他程序写完再保存")
            if edits is not None:
                for path, text in applied.texts.items():
                    self._put(path, text)
            try:
                commit = self._commit(branch, head, applied.texts, before, edits, author, reason)
            except BaseException:
                if edits is not None:
                    for path, text in before.items():
                        if (self.workspace.text(path) if self.workspace.exists(path) else None) == applied.texts[path]:
                            self._put(path, text)
                raise
        return self._one(commit)

    def _commit(
        self,
        branch: str,
        head: str,
        after: dict[str, str | None],
        before: dict[str, str | None],
        edits: Sequence[Edit] | None,
        author: Author,
        reason: str,
    ) -> str:
        name = " ".join(author.name.replace("<", " ").replace(">", " ").split()) or author.id
        who = {"NAME": name, "EMAIL": f"{author.id}{ADDRESS}"}
        env = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in who.items()}
        message = reason.strip()[: 2 * LONGEST_REASON] + "\n"
        # A file that no edit names (an undo of more than blocks, changes made in an editor) is committed as a whole.
        edited = {edit.path for edit in edits or ()}
        began = head
        for _ in range(TRIES):
            committed = {
                path: text
                if (at_head := self.text_at(head, path)) == before[path] or path not in edited
                else self._forced(path, at_head, text, edits or ())
                for path, text in after.items()
            }
            with self._index(head) as index:
                self._stage(committed, index)
                tree = self.git("write-tree", env=index).strip()
            if tree == self.git("rev-parse", f"{head}^{{tree}}").strip():
                if head != began:
                    # Whoever committed meanwhile (git commit -a) took our lines along.
                    return head
                raise StudioError("保存", "内容和已提交的一样，没有可提交的修改", "先改再保存")
            made = self.git("commit-tree", tree, "-p", head, given=message, env=env).strip()
            try:
                self.git("update-ref", "-m", "studio: save", branch, made, head)
            except GitError:
                # Somebody committed meanwhile: upon theirs then.
                moved = self.head()
                if moved == head:
                    raise
                head = moved
                continue
            self._follow(head, committed, after, edits)
            return made
        raise StudioError("git", "别人一直在提交", "稍等再保存")

    def _forced(self, path: str, text: str | None, after: str | None, edits: Sequence[Edit]) -> str | None:
        """A text with the edited blocks as they are in ``after`` and nothing else of it."""
        if after is None:
            return None
        kind = self.workspace.kind_of(path)
        document = Document(path, kind, text if text is not None else new_file(kind))
        made = Document(path, kind, after)
        for edit in edits:
            if edit.path != path:
                continue
            now, new = document.find(edit.key), made.find(renamed(edit))
            if edit.new is None or new is None:
                if now is not None:
                    document.remove(now)
            elif now is not None:
                document.replace(now, new.text)
            else:
                place = [one.key for one in made.blocks()]
                earlier = place[: place.index(new.key)]
                document.insert(edit.key, new.text, next((key for key in reversed(earlier) if document.find(key)), edit.after))
        return document.text

    def _follow(self, head: str, committed: dict[str, str | None], after: dict[str, str | None], edits: Sequence[Edit] | None) -> None:
        """Bring the checkout's own index along, so that `git status` does not show the save as undone. What is staged stays staged."""
        staged: dict[str, str | None] = {}
        for path, text in committed.items():
            mine = self._staged(path)
            if mine == self._blob(head, path):
                staged[path] = text
            elif edits and any(edit.path == path for edit in edits):
                now = self.git("cat-file", "blob", mine) if mine else None
                staged[path] = self._forced(path, now, after[path], edits)
        for _ in range(int(WAIT_FOR_LOCK / 0.1)):
            try:
                self._stage(staged, {})
                return
            except GitError:
                time.sleep(0.1)

    def _stage(self, texts: dict[str, str | None], env: dict[str, str]) -> None:
        lines = []
        for path, text in texts.items():
            if text is None:
                lines.append(f"0 {'0' * 40}\t{path}")
            else:
                blob = self.git("hash-object", "-w", "--stdin", given=text).strip()
                lines.append(f"100644 {blob}\t{path}")
        if lines:
            self.git("update-index", "-z", "--index-info", given="".join(f"{line}\0" for line in lines), env=env)

    def _staged(self, path: str) -> str | None:
        listed = self.git("ls-files", "-s", "-z", "--", path)
        return listed.split()[1] if listed else None

    def _blob(self, commit: str, path: str) -> str | None:
        listed = self.git("ls-tree", "-z", commit, "--", path)
        return listed.split()[2].split("\t")[0] if listed else None

    def _put(self, path: str, text: str | None) -> None:
        """Write a file in one step: whoever reads it sees the old or the new one."""
        target = self.workspace.root / path
        if text is None:
            target.unlink(missing_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        content = text.encode("utf-8")
        with contextlib.suppress(OSError):
            # A checkout on Windows may have other line ends than git keeps; its editors would show every line as changed.
            if b"\r\n" in target.read_bytes():
                content = content.replace(b"\n", b"\r\n")
        draft = target.with_name(f".{target.name}.{os.getpid()}.studio")
        try:
            draft.write_bytes(content)
            draft.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o644)
            draft.replace(target)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise StudioError(path, f"写不了（{error.strerror}）", "检查磁盘空间和目录的写权限") from error

    @contextlib.contextmanager
    def _index(self, head: str) -> Iterator[dict[str, str]]:
        """The environment of an index of our own that holds a commit."""
        folder = Path(self.git("rev-parse", "--absolute-git-dir").strip())
        path = folder / f"studio-index-{os.getpid()}-{time.monotonic_ns()}"
        env = {"GIT_INDEX_FILE": str(path)}
        try:
            self.git("read-tree", head, env=env)
            yield env
        finally:
            path.unlink(missing_ok=True)
            path.with_name(f"{path.name}.lock").unlink(missing_ok=True)

    def _ground(self) -> tuple[str, str]:
        """The branch (its full name) and its commit; StudioError when this is no state to commit in."""
        head = self.head()
        try:
            branch = self.git("symbolic-ref", "-q", "HEAD").strip()
        except GitError as error:
            raise StudioError("git", "现在不在任何分支上（detached HEAD），保存的修改会丢", "运行 git switch main 再保存") from error
        folder = Path(self.git("rev-parse", "--absolute-git-dir").strip())
        for name, what in (("MERGE_HEAD", "合并"), ("rebase-merge", "变基"), ("rebase-apply", "变基"), ("CHERRY_PICK_HEAD", "拣选")):
            if (folder / name).exists():
                raise StudioError("git", f"有一次{what}还没有完成", "先在命令行完成或放弃它，再保存")
        lock, until = folder / "index.lock", time.monotonic() + WAIT_FOR_LOCK
        while lock.exists():
            if time.monotonic() > until:
                raise StudioError(str(lock), "另一个 git 命令正在运行", "等它结束；如果确定没有 git 在运行，删除这个文件再保存")
            time.sleep(0.1)
        return branch, head

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._lock_file.parent.mkdir(parents=True, exist_ok=True)
            with self._lock_file.open("a") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
        except GitError as error:
            raise StudioError("git", str(error).splitlines()[-1] if str(error) else "git 没有完成", "按提示处理后再保存") from error

    def _reverse(self, path: str, before: str | None, after: str | None) -> list[Edit] | None:
        """Edits that take a file from ``after`` back to ``before``; None when the blocks alone do not say it."""
        if before is None or after is None:
            return None
        kind = self.workspace.kind_of(path)
        try:
            old, new = blocks(before, kind, path), blocks(after, kind, path)
            edits = list(_between(path, new, old))
            scratch = self.workspace.overlay({path: after})
            done = apply(scratch, edits)
        except StudioError:
            return None
        return edits if not done.conflicts and done.texts.get(path, after) == before else None

    def _committed_lines(self, path: str, key: str) -> tuple[int, int] | None:
        text = self.text_at("HEAD", path)
        if text is None:
            return None
        found = next((one for one in blocks(text, self.workspace.kind_of(path), path) if one.key == key), None)
        return (found.start + 1, found.end) if found else None

    def _one(self, commit_id: str) -> Commit:
        self.head()
        if not _ID.fullmatch(commit_id) or not self._knows(commit_id):
            raise StudioError(commit_id[:50], "没有这个提交", "从历史列表里选")
        listed = self.git("log", "-1", "--name-only", "-m", "--first-parent", f"--format={FORMAT}", commit_id, "--", *PLACES.values())
        found = next(iter(commits(listed)), None)
        if found is None or not self.git("rev-parse", commit_id).startswith(found.id):
            raise StudioError(commit_id[:50], "这个提交没有改工作室的文件", "用 git 处理它")
        return found

    def _before(self, commit_id: str, path: str) -> str | None:
        return self.text_at(f"{commit_id}^", path)

    def _knows(self, commit_id: str) -> bool:
        try:
            self.git("merge-base", "--is-ancestor", commit_id, "HEAD")
        except GitError:
            return False
        return True


def renamed(edit: Edit) -> str:
    """The key of an edit's block after it: another one when the edit gives the block another name."""
    new = settled(edit)
    if new is None or edit.key.startswith("section:"):
        return edit.key
    word, _, name = edit.key.partition(":")
    top = container_of(edit.key)
    if word in ("parameter", "response", "wish"):
        key = f"{word}:{next(iter(load(new, edit.key)))}"
    else:
        key = key_of(str(top), plain(edit.key, new)) or edit.key
    head, mark, number = name.rpartition("#")
    return f"{key}#{number}" if mark and number.isdigit() and key == f"{word}:{head}" else key


def _between(path: str, now: Sequence[Block], wanted: Sequence[Block]) -> Iterator[Edit]:
    """Edits of blocks that lead from one list to the other."""
    have, want = {one.key: one for one in now}, {one.key: one for one in wanted}
    for one in now:
        if one.key not in want:
            yield Edit(path, one.key, one.text, None)
    before = ""
    for one in wanted:
        if one.key not in have:
            yield Edit(path, one.key, None, one.text, before)
        elif have[one.key].text != one.text:
            yield Edit(path, one.key, have[one.key].text, one.text)
        before = one.key
