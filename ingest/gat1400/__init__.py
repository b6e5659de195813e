"""GA/T 1400 over HTTP: who may speak, what is read, and the answer when it is durable."""
