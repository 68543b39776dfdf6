"""Pictures of every state of the chat window (``make screenshots``)."""
