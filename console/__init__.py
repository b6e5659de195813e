"""HTTP API, server-sent events, sign-in, and the page (`console/web`, TypeScript).

Knows nothing of MQTT or Kafka: it reads the pipeline through the ports of `console.ports`.
"""
