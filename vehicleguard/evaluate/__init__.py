"""How good detection is: thefts of every kind and hard negatives, put into real traces.

`carriers` are real fixes, `ways` real journeys; `theft` and `negative` make cases of them, `score`
holds the answers against the truth, `report` prints it.
"""
