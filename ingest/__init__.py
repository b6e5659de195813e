"""What devices say: dialects, batches of fixes, the durable log, and the adapters that carry them.

Knows nothing of zones, thefts, people.  `geofence`, `streams` and all above import from here.

Messages come in by `mqtt`, `jt808` and `gat1400`, wait in the `inbox`, are read by `dialects` to
`fix` and `sighting` columns, pass `admission`, and are in the `store` before `intake` has anybody
answered.  `cameras` and `registry` know the devices, `commands` what is asked of them.
"""
