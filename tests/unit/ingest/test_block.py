import numpy as np
import pytest

from ingest.fix import COLUMNS, FixBatch
from ingest.store import block


def batch_of(n: int) -> FixBatch:
    rng = np.random.default_rng(n)
    columns = {
        name: rng.integers(0, 100, n).astype(dtype)
        for name, dtype in COLUMNS.items()
        if name != "vehicle"
    }
    return FixBatch(ids=("a", "b", "车"), vehicle=rng.integers(0, 3, n).astype(np.int32), **columns)


@pytest.mark.parametrize("n", [0, 1, 1000])
def test_a_block_gives_back_the_batch_it_was_made_of(n: int) -> None:
    batch = batch_of(n)
    again = block.decode(block.encode(batch))
    assert len(again) == n
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(again, name), getattr(batch, name))


@pytest.mark.parametrize("data", [b"", b"nonsense", block.encode(batch_of(3))[:-40]])
def test_bytes_that_are_no_block_say_so(data: bytes) -> None:
    with pytest.raises(block.BlockError):
        block.decode(data)


def test_concatenation_merges_dictionaries() -> None:
    one, two = batch_of(4), batch_of(5)
    both = FixBatch.concat([one, two])
    names = [both.ids[c] for c in both.vehicle]
    assert names == [one.ids[c] for c in one.vehicle] + [two.ids[c] for c in two.vehicle]
