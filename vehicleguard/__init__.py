"""The composition root: command line, settings, wiring, runners, simulator, doctor, metrics."""

__version__ = "0.1.0"
