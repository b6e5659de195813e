"""One file a dialect: bytes and topic to rows of a `FixBatch`, or a `Reject`."""
