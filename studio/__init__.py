"""The studio's core: the project's plain files, edited block by block, checked, released. No HTTP, no database."""
