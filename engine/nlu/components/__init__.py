"""Rasa graph components; each is a thin shell around a plain module of `engine/nlu`."""
