"""What has to be told to whom: rows beside the events, and what sends them until somebody says yes.

Knows nothing of how a destination is spoken to; that is `alerts.channels`.
"""
