"""`make bench`: this project's engine beside a stock Rasa configuration, in one run on one machine.

Same data, domain and actions, the same scripted talks, Rasa's own REST channel on both sides; ours through the gateway besides.
Everything runs on loopback, with a bounded number of messages.
"""
