"""What cannot be done in the studio: every error names its place and its remedy, in Chinese, for the staff who read it."""

from __future__ import annotations


class StudioError(ValueError):
    """``place``: file, block or line; ``problem``: what is wrong there; ``remedy``: what to do about it."""

    def __init__(self, place: str, problem: str, remedy: str) -> None:
        super().__init__(f"{place}：{problem}。处理办法：{remedy}。")
        self.place = place
        self.problem = problem
        self.remedy = remedy
