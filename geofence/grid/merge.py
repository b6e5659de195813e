"""The kernel that lays a few changes into pairs that stand in order."""

from __future__ import annotations

from geofence.grid.predicate import compiled


@compiled
def merge(fix, zone, at, which, gone, out_fix, out_zone):
    """Write the pairs `fix`, `zone` int64[k] without those that are gone, and the new among them.

    `at`, `which` int64[d] and `gone` bool[d] are the changes, ordered by fix, zone, and gone before
    new.  None is written twice.
    Returns how many were written to `out_fix`, `out_zone`, which have room for k + d.
    """
    done = 0
    put = 0
    for c in range(at.shape[0]):
        low = done
        step = 1
        while _precedes(fix, zone, low + step, at[c], which[c]):
            low += step
            step *= 2
        high = min(low + step, fix.shape[0])
        while low < high:
            middle = (low + high) >> 1
            if _precedes(fix, zone, middle, at[c], which[c]):
                low = middle + 1
            else:
                high = middle
        out_fix[put : put + low - done] = fix[done:low]
        out_zone[put : put + low - done] = zone[done:low]
        put += low - done
        done = low
        there = low < fix.shape[0] and fix[low] == at[c] and zone[low] == which[c]
        if gone[c]:
            done += int(there)
        elif not there:
            out_fix[put] = at[c]
            out_zone[put] = which[c]
            put += 1
    out_fix[put : put + fix.shape[0] - done] = fix[done:]
    out_zone[put : put + fix.shape[0] - done] = zone[done:]
    return put + fix.shape[0] - done


@compiled
def _precedes(fix, zone, k, other_fix, other_zone):
    """Whether there is a pair k, and it stands before another."""
    if k >= fix.shape[0]:
        return False
    return fix[k] < other_fix or (fix[k] == other_fix and zone[k] < other_zone)
