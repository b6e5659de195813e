"""The three pictures of an evaluation: thresholds, delays, and what each kind came to."""

from __future__ import annotations

from collections import Counter

from vehicleguard.evaluate.chart import INK, Panel, Picture
from vehicleguard.evaluate.run import Evaluation
from vehicleguard.evaluate.sweep import THRESHOLDS, Point

_RED, _YELLOW, _BLUE, _MISSED = "#c1121f", "#e9a800", "#2f6fb5", "#c9ced6"
_RECALL, _PRECISION = "#2f6fb5", "#2a9d6f"
_PERCENT = [(n / 100, f"{n} %") for n in (0, 25, 50, 75, 100)]
_MOST_FIXES = 12


def of(found: Evaluation) -> dict[str, str]:
    """The pictures by file name."""
    return {
        "sweep.svg": str(_sweep(found)),
        "delay.svg": str(_delay(found)),
        "kinds.svg": str(_kinds(found)),
    }


def _sweep(found: Evaluation) -> Picture:
    """Recall and precision by threshold, for yellow and for red."""
    picture = Picture(960, 380, "Recall and precision by threshold of the score")
    picture.legend(16, 50, [(_RECALL, "recall"), (_PRECISION, "precision")])
    for n, (level, points, used) in enumerate(
        (
            ("yellow", found.sweep.yellow, found.yellow_from),
            ("red", found.sweep.red, found.red_from),
        )
    ):
        at = (70 + 470 * n, 100, 390, 210)
        panel = Panel(picture, at, (THRESHOLDS[0], THRESHOLDS[-1]), (0.0, 1.0))
        panel.axes([(x, f"{x:g}") for x in range(0, 13, 2)], _PERCENT, f"threshold for {level}")
        panel.curve([(p.threshold, p.recall) for p in points], _RECALL)
        panel.curve(_alarmed(points), _PRECISION)
        panel.mark(min(used, THRESHOLDS[-1]), f"as used: {used:g}")
    return picture


def _alarmed(points: list[Point]) -> list[tuple[float, float]]:
    """Precision where there is any alarm at all."""
    some = [p for p in points if p.recall > 0 or p.false_alarms > 0] or points[:1]
    return [(p.threshold, p.precision) for p in some]


def _delay(found: Evaluation) -> Picture:
    """How many fixes after the first that could show it a theft was told."""
    fixes = found.scores.total().delay_fixes
    picture = Picture(760, 380, "Fixes from the first that could show a theft to yellow or red")
    picture.legend(16, 50, [(_BLUE, "thefts"), (INK, "share told by then")])
    counts = Counter(min(n, _MOST_FIXES) for n in fixes)
    highest = max(counts.values(), default=1)
    panel = Panel(picture, (70, 90, 660, 220), (-0.5, _MOST_FIXES + 0.5), (0.0, 1.0))
    ticks = [(n, str(n) if n < _MOST_FIXES else f"{n}+") for n in range(_MOST_FIXES + 1)]
    panel.axes([(float(n), text) for n, text in ticks], _PERCENT, "fixes")
    told = 0
    line = []
    for n in range(_MOST_FIXES + 1):
        share = counts[n] / max(len(fixes), 1)
        told += counts[n]
        line.append((float(n), told / max(len(fixes), 1)))
        left, top = panel.x(n - 0.35), panel.y(share)
        height = panel.y(0) - top
        picture.box(
            left, top, panel.x(n + 0.35) - left, height, colour=_BLUE, about=f"{counts[n]} thefts"
        )
        if counts[n] and counts[n] < highest:
            picture.words(panel.x(n), top - 5, str(counts[n]), anchor="middle")
        elif counts[n]:
            picture.words(panel.x(n), top + 16, str(counts[n]), anchor="middle", colour="#ffffff")
    panel.curve(line, INK)
    return picture


def _kinds(found: Evaluation) -> Picture:
    """What the thefts of each kind came to."""
    kinds = found.scores.found
    row, left, width = 24.0, 190.0, 470.0
    picture = Picture(800, 100 + row * len(kinds), "What the thefts of each kind came to")
    entries = [(_RED, "red"), (_YELLOW, "yellow"), (_BLUE, "blue"), (_MISSED, "nothing")]
    picture.legend(16, 50, entries)
    for n, one in enumerate(kinds):
        y, x = 72 + row * n, left
        picture.words(left - 10, y + 13, one.kind, anchor="end")
        nothing = one.thefts - one.red - one.yellow - one.blue
        counts = (one.red, one.yellow, one.blue, nothing)
        for (colour, level), count in zip(entries, counts, strict=True):
            wide = count / max(one.thefts, 1) * width
            if count:
                picture.box(
                    x, y, wide, row - 7, colour=colour, about=f"{one.kind}: {count} {level}"
                )
            x += wide
        picture.words(left + width + 10, y + 13, f"{one.detected * 100:.4g} % of {one.thefts}")
    return picture
