"""The simulated fleet and the feeder of recorded traces, both over real MQTT.

`fleet` and the modules under it are the pure model (clock and seed are arguments); `publisher`,
`trace` and `link` are the thin shell that speaks the native MQTT dialect to a broker.  Nothing here
writes to the pipeline by any other way, so whatever it shows, a real terminal could have caused.
"""
