"""The compiled heart: fixes in order of arrival advance their vehicles' rows and raise findings.

`sweep.advance` goes through a batch once, one fix at a time, so the answer cannot depend on where
batches are cut.  What it asks of each fix has a module each: what the terminal says (`listen`),
where the vehicle stays and leaves (`place`), how it moves (`motion`), its silence (`silence`), and
what all of it amounts to (`fusion`).
"""

from streams.detect.finding import FINDING, Armed, Count
from streams.detect.sweep import advance

__all__ = ["FINDING", "Armed", "Count", "advance"]
