"""The compiled passes over frames; a change here has them compiled anew (`vehicleguard.warm`)."""
