"""The launcher: makes the environments, trains, seeds, starts the three processes and stops them together.

Standard library only, so that it runs under any Python from 3.9 on before an environment exists.
It imports nothing else of this project; what it needs from the engine or the shop it starts as a process.
"""
