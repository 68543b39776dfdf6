"""One module a topic, each with ``check(workspace, paths) -> list[Finding]``; studio/guard.py says which topic looks at which files."""
