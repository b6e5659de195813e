"""What vehicles do: order, de-duplication, columnar per-vehicle state, detectors, signals.

Knows nothing of people, phones or police; never imports `alerts`.
"""
