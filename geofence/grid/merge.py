"""The kernel that lays a few changes into pairs that stand in order."""

from __future__ import annotations

from geofence.grid.predicate import compiled


@compiled
def merge(fix, zone, at, which, gone, out_fix, out_zone):
    """Write the pairs `fix`, `zone` int64[k] without those that are gone, and the new among them.

    `at`, `which` int64[d] and `gone` bool[d] are the changes, ordered by fix, zone, and gone before
    new.  Gone pairs are among the pairs, new ones are not, but for those that are also gone.
    Returns how many were written to `out_fix`, `out_zone`, which have room for k + d.
    """
    done = 0
    put = 0
    for c in range(at.shape[0]):
        low = done
        step = 1
        while low + step < fix.shape[0] and fix[low + step] < at[c]:
            low += step
            step *= 2
        high = min(low + step, fix.shape[0])
        while low < high:
            middle = (low + high) >> 1
            if fix[middle] < at[c] or (fix[middle] == at[c] and zone[middle] < which[c]):
                low = middle + 1
            else:
                high = middle
        out_fix[put : put + low - done] = fix[done:low]
        out_zone[put : put + low - done] = zone[done:low]
        put += low - done
        done = low
        if gone[c]:
            done += 1
        else:
            out_fix[put] = at[c]
            out_zone[put] = which[c]
            put += 1
    out_fix[put : put + fix.shape[0] - done] = fix[done:]
    out_zone[put : put + fix.shape[0] - done] = zone[done:]
    return put + fix.shape[0] - done
