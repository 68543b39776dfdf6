"""Trials of ways to read messages, on the same data in one run (docs/evaluation.md, Trials)."""
