"""Where things are: zones, their index, and exact vectorised matching.

Knows nothing of vehicles' owners or incidents.  Called by `streams` for every batch.
"""
