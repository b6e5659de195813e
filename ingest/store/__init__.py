"""What is kept: blocks of fixes, sightings and dead letters, durable before anybody is answered."""
