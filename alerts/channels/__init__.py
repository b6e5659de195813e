"""How destinations are spoken to: one small adapter a channel, and what they answer.

An adapter carries one notice and says what became of it; when to try again is not its business.
"""
