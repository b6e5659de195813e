"""What this machine can do, measured in one run: ingest, detection, latency (`vehicleguard bench`).

Figures are medians over alternating rounds, and ratios where the machine's own speed would drown
them.  Nothing here is a test: a slow machine is no defect.
"""
