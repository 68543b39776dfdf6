"""The pinned Rasa runtime: NLU components, the turn channel, live responses, the tracker store.

Runs in its own environment (Python 3.10, Rasa 3.6.21) and imports nothing else of the project.
"""
