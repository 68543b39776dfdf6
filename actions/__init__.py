"""The Rasa shell: slots → facts → decide → utter name + values → events. One topic a module, no sentence in Python."""
