"""Who changed what, and who looked at whom: a chain of rows that shows when one was altered.

`chain` is the pure part, `sqlite_audit` keeps it beside the ledger, in the transactions of that.
"""
