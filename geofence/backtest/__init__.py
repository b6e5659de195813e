"""Two rule books over the same recorded fixes: what changes when one takes the other's place.

`trial` runs both books, `alerts` is what they raised under names that both understand, `comparison`
says which alerts are gained, lost or unchanged.  The fixes may be cut by time and by vehicle in any
way: the answer is the same.
"""

from geofence.backtest.alerts import TOLD, Told
from geofence.backtest.comparison import Comparison, Outcome, compare
from geofence.backtest.trial import Shard, Trial

__all__ = ["TOLD", "Comparison", "Outcome", "Shard", "Told", "Trial", "compare"]
