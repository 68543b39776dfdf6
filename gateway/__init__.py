"""The only public surface: chat API, identity, ownership of talks, widget and demonstration shop."""
