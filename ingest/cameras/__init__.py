"""Cameras: where they are, and whether they see."""
