"""The compiled pass over native payloads; `vehicleguard.warm` compiles it beforehand."""
