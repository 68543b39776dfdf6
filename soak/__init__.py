"""Talks in real browsers over a line that is cut, with processes that are killed: does every message arrive once and in order?"""
