"""The half of the trials that runs in the engine's environment: read once, fit, guess, take times."""
