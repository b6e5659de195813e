"""`python -m vehicleguard` is `vehicleguard`."""

from vehicleguard.cli import main

main()
