"""What each kind of rule raises, and when."""

from __future__ import annotations

from tests.unit.geofence.rules.fleet import Drive, book, evaluator, rule


def told(rules, drive: Drive, groups=None) -> list[tuple]:
    return [alert[:5] for alert in drive.run(evaluator(rules, groups))]


def test_enter_raises_at_the_first_fix_that_showed_it() -> None:
    drive = Drive().fix("v", 0).enter("v", "a", 40, shown=10).enter("v", "c", 50)
    assert told(book(rule("r", "enter")), drive) == [("r", "v", "a", 10, 40)]


def test_dwell() -> None:
    drive = Drive().fix("v", 0).enter("v", "a", 10)
    for t in range(20, 200, 10):
        drive.fix("w", t)
    assert told(book(rule("r", "dwell", "dwell_s = 60")), drive) == [("r", "v", "a", 70, 130)]
