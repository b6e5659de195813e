"""What people do about a theft: incidents, their life, their ledger.

Knows nothing of arrays or payload dialects; never imports `streams`.
"""
