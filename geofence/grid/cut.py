"""Cutting the earth into cells until few edges are left in each.

Depth first, with the contents of the cells that wait on a stack, so nothing is held twice.  The
contents of a cell are entries (zone, length, `parity | kind << 1`, edges with flags or capsules) of
the zones that only edges can decide there, in order, and a list of the zones that hold all of it.
"""

from __future__ import annotations

import numpy as np

from geofence.grid import capsule
from geofence.grid.edge import crossed, flags_at, touches
from geofence.grid.growing import roomy, roomy_rows
from geofence.grid.predicate import compiled

WORLD_ROWS, WORLD_COLUMNS = 181, 361
"""Tiles of one degree, each with its south and west side, from (-180, -90)."""
BLOCK = 4
"""A cell below its tile's own grid is cut into BLOCK x BLOCK."""

FEW = 8
"""A cell with no more edges and capsules than this is not cut again ..."""
CROWDED_DEG = 2.0**-10
"""... and in cells below this size (about 100 m) twice as many with every halving,"""
LEAST_DEG = 2.0**-17
"""down to this one (under a metre), which is never cut."""
MOST_DEG = 2.0**-5
"""Cells above this size are cut as long as there is an edge, so that its steps stay short."""
GROWTH_DEG = 2.0**-7
"""Below this size (some 800 m) a cell is cut only if its parts together do not list many times
what it lists: where many outlines run side by side, cutting multiplies and tells nothing apart."""
MOST_GROWTH_BY_FAN = (0.0, 0.0, 1.75, 0.0, 3.0)
TILE_CELLS_PER_REF = 0.5
TILE_LEAST_HALVINGS, TILE_MOST_HALVINGS = 5, 10

OUTLINE, CAPSULES = 0, 1

_IN_WORLD, _IN_TILE, _IN_BLOCK = 0, 1, 2
_WEST, _SOUTH, _WIDTH, _GRAIN = 0, 1, 2, 3
_FIRST, _AFTER, _SURE, _SURE_AFTER, _KIND, _SLOT, _SPAN, _FINAL = range(8)


@compiled
def cut(edges, edge_zone, rows, row_box, row_zone):
    """Cells over `edges` float64[e, 4] (pointing up) and capsules `rows` with boxes float64[c, 4].

    `edge_zone` int32[e] and `row_zone` int32[c] are ordered.  Returns `world`, `cells` and `blocks`
    as in `Grid`, but with leaves numbered from 0 as they come; `place` float64[l, 3], each leaf's
    west, south and width; `content` int32, and where each leaf's entries begin and its certain
    zones begin, int64[l + 1, 2].
    """
    world = np.zeros((WORLD_ROWS, WORLD_COLUMNS, 2), np.int32)
    world[:, :, 1] = -1
    cells = np.zeros(1024, np.int32)
    n_cells = 0
    blocks = np.zeros(1024, np.int32)
    n_blocks = 0
    place = np.zeros((1024, 3))
    begins = np.zeros((1024, 2), np.int64)
    content = np.zeros(4096, np.int32)
    n_content = 0
    n_leaves = 0

    heap = np.empty(4 * (edges.shape[0] + rows.shape[0]) + 1024, np.int32)
    sure = np.empty(1024, np.int32)
    squares = np.zeros((256, 4))
    nodes = np.zeros((256, 8), np.int64)
    squares[0, _WEST] = -256.0
    squares[0, _SOUTH] = -256.0
    squares[0, _WIDTH] = 512.0  # its corner lies outside of everything
    nodes[0, _AFTER] = _everything(heap, edge_zone, row_zone)
    depth = 1

    while depth > 0:
        depth -= 1
        west, south, width, grain = squares[depth]
        first, after, sure_first, sure_after, kind, slot, span, final = nodes[depth]
        load = 0
        entries = 0
        at = first
        while at < after:
            load += heap[at + 1]
            entries += 1
            at += 3 + heap[at + 1]
        enough = FEW
        small = CROWDED_DEG
        while width < small:
            enough *= 2
            small *= 0.5
        if final == 1 or load == 0 or width <= LEAST_DEG or (width <= MOST_DEG and load <= enough):
            length = after - first + sure_after - sure_first
            content = roomy(content, n_content, n_content + length)
            place = roomy_rows(place, n_leaves, n_leaves + 1)
            begins = roomy_rows(begins, n_leaves + 1, n_leaves + 2)
            place[n_leaves, 0] = west
            place[n_leaves, 1] = south
            place[n_leaves, 2] = width
            begins[n_leaves, 0] = n_content
            begins[n_leaves, 1] = n_content + after - first
            content[n_content : n_content + after - first] = heap[first:after]
            content[begins[n_leaves, 1] : n_content + length] = sure[sure_first:sure_after]
            n_content += length
            begins[n_leaves + 1, 0] = n_content
            if kind == _IN_BLOCK:
                blocks[slot] = n_leaves
            elif kind == _IN_TILE:
                # a leaf above the tile's grain fills all the cells that it covers
                side = max(1, int(width / grain))
                for row in range(side):
                    cells[slot + row * span : slot + row * span + side] = n_leaves
            else:
                for row in range(int(max(south, -90.0)) + 90, int(min(south + width, 91.0)) + 90):
                    for column in range(
                        int(max(west, -180.0)) + 180, int(min(west + width, 181.0)) + 180
                    ):
                        world[row, column, 0] = n_leaves
            n_leaves += 1
            continue

        fan = 2
        kind_before, slot_before, blocks_before = kind, slot, n_blocks
        if kind == _IN_WORLD and width == 1.0:
            # a tile of its own: a grid as fine as its load asks for
            halvings = TILE_LEAST_HALVINGS
            while halvings < TILE_MOST_HALVINGS and 4.0**halvings < TILE_CELLS_PER_REF * load:
                halvings += 1
            span = 1 << halvings
            grain = 1.0 / span
            world[int(south) + 90, int(west) + 180, 0] = n_cells
            world[int(south) + 90, int(west) + 180, 1] = halvings
            kind = _IN_TILE
            slot = n_cells
            n_cells += span * span
            cells = roomy(cells, slot, n_cells)
            cells[slot:n_cells] = 0  # those beyond the ends of the earth are never asked
        elif kind == _IN_BLOCK or (kind == _IN_TILE and width == grain):
            kind = _IN_BLOCK
            slot = n_blocks * BLOCK * BLOCK
            n_blocks += 1
            blocks = roomy(blocks, slot, slot + BLOCK * BLOCK)
            blocks[slot : slot + BLOCK * BLOCK] = 0
            fan = BLOCK

        # parts are put on the stack from the last to the first, so that the first comes next
        squares = roomy_rows(squares, depth, depth + fan * fan + 1)
        nodes = roomy_rows(nodes, depth, depth + fan * fan + 1)
        part = width / fan
        top = after
        sure_top = sure_after
        parts_load = 0
        depth_before = depth
        for row in range(fan - 1, -1, -1):
            for column in range(fan - 1, -1, -1):
                part_west = west + column * part
                part_south = south + row * part
                if (
                    part_west > 180.0
                    or part_south > 90.0
                    or part_west + part <= -180.0
                    or part_south + part <= -90.0
                ):
                    continue
                heap = roomy(heap, top, top + (after - first))
                sure = roomy(sure, sure_top, sure_top + (sure_after - sure_first) + entries)
                squares[depth, _WEST] = part_west
                squares[depth, _SOUTH] = part_south
                squares[depth, _WIDTH] = part
                squares[depth, _GRAIN] = grain
                nodes[depth, _FIRST] = top
                nodes[depth, _SURE] = sure_top
                top, sure_top, part_load = _part(
                    heap, first, after, sure, sure_first, sure_after, edges, rows, row_box,
                    part_west, part_south, part, row == 0 and column == 0, top, sure_top,
                )  # fmt: skip
                parts_load += part_load
                nodes[depth, _AFTER] = top
                nodes[depth, _SURE_AFTER] = sure_top
                nodes[depth, _KIND] = kind
                nodes[depth, _SPAN] = span
                nodes[depth, _FINAL] = 0
                if kind == _IN_BLOCK:
                    nodes[depth, _SLOT] = slot + row * BLOCK + column
                elif kind == _IN_TILE:
                    side = int(part / grain)
                    nodes[depth, _SLOT] = slot + row * side * span + column * side
                depth += 1

        if width <= GROWTH_DEG and parts_load > MOST_GROWTH_BY_FAN[fan] * load:
            # in vain: it comes back as a leaf
            depth = depth_before
            squares[depth] = np.array([west, south, width, grain])
            nodes[depth] = np.array(
                [first, after, sure_first, sure_after, kind_before, slot_before, span, 1]
            )
            depth += 1
            n_blocks = blocks_before
        elif kind == _IN_BLOCK:
            if kind_before == _IN_BLOCK:
                blocks[slot_before] = -1 - slot // (BLOCK * BLOCK)
            else:
                cells[slot_before] = -1 - slot // (BLOCK * BLOCK)

    return (
        world, cells[:n_cells], blocks[: n_blocks * BLOCK * BLOCK],
        place[:n_leaves], content[:n_content], begins[: n_leaves + 1],
    )  # fmt: skip


@compiled
def _everything(heap, edge_zone, row_zone):
    """Write an entry of all edges or capsules of every zone to `heap`; its end."""
    top = 0
    e = 0
    r = 0
    while e < edge_zone.shape[0] or r < row_zone.shape[0]:
        head = top
        top += 3
        is_outline = r >= row_zone.shape[0] or (
            e < edge_zone.shape[0] and edge_zone[e] < row_zone[r]
        )
        if is_outline:
            heap[head] = edge_zone[e]
            heap[head + 2] = OUTLINE << 1
            while e < edge_zone.shape[0] and edge_zone[e] == heap[head]:
                heap[top] = e << 2
                top += 1
                e += 1
        else:
            heap[head] = row_zone[r]
            heap[head + 2] = CAPSULES << 1
            while r < row_zone.shape[0] and row_zone[r] == heap[head]:
                heap[top] = r
                top += 1
                r += 1
        heap[head + 1] = top - head - 3
    return top


@compiled
def _part(
    heap, first, after, sure, sure_first, sure_after, edges, rows, row_box, west, south, width,
    same_corner, top, sure_top,
):  # fmt: skip
    """Write what is left of a cell's contents in one of its parts; (tops, edges and capsules)."""
    load = 0
    at = first
    while at < after:
        zone = heap[at]
        length = heap[at + 1]
        word = heap[at + 2]
        head = top
        top += 3
        inside = False
        if word >> 1 == CAPSULES:
            for k in range(at + 3, at + 3 + length):
                verdict = capsule.judge_cell(rows[heap[k]], row_box[heap[k]], west, south, width)
                if verdict == capsule.IN:
                    inside = True
                    top = head + 3
                    break
                if verdict == capsule.DOUBT:
                    heap[top] = heap[k]
                    top += 1
        else:
            parity = word & 1
            for k in range(at + 3, at + 3 + length):
                ref = heap[k]
                e = ref >> 2
                if not same_corner:
                    parity ^= crossed(edges, e, ref & 3, west, south)
                if touches(edges, e, west, south, width):
                    flags = ref & 3 if same_corner else flags_at(edges, e, west, south)
                    heap[top] = e << 2 | flags
                    top += 1
            word = OUTLINE << 1 | parity
            inside = top == head + 3 and parity == 1
        if top > head + 3:
            heap[head] = zone
            heap[head + 1] = top - head - 3
            heap[head + 2] = word
            load += top - head - 3
        else:
            top = head
        if inside:
            # merged into what the whole cell lies in, by order of zones
            while sure_first < sure_after and sure[sure_first] < zone:
                sure[sure_top] = sure[sure_first]
                sure_top += 1
                sure_first += 1
            sure[sure_top] = zone
            sure_top += 1
        at += 3 + length
    while sure_first < sure_after:
        sure[sure_top] = sure[sure_first]
        sure_top += 1
        sure_first += 1
    return top, sure_top, load
