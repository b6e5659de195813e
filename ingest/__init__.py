"""What devices say: dialects, batches of fixes, the durable log, and the adapters that carry them.

Knows nothing of zones, thefts, people.  `geofence`, `streams` and all above import from here.
"""
