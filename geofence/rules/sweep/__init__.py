"""Rules swept over fixes and transitions: the compiled part, and the layouts that it works on.

`sweep` is the pass, `moving` what a transition does, `raising` when a rule may speak, `due` and
`latch` what is remembered; called by `geofence.rules.evaluate` alone.
"""
