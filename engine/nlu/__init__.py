"""Understanding: normalised text, tokens, entities, features and the intent of one shopper message."""
