"""MQTT: paho keeps the session, PUBLISH packets are read in bulk beside it."""
