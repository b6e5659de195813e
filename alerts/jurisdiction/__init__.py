"""Whose an incident is: city, counties, townships, villages and grids, and what each sees and does.

Areas have codes and, mostly, outlines; an incident lies where its position lies.  Called by the
console, dispatch and the command line.
"""

from alerts.jurisdiction.placing import Placement, Placer, Stage
from alerts.jurisdiction.reading import Areas, AreasError
from alerts.jurisdiction.tree import Area, Rung, Tree

__all__ = ["Area", "Areas", "AreasError", "Placement", "Placer", "Rung", "Stage", "Tree"]
