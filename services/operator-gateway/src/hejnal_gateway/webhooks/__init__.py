"""Webhooks: the public topic of alerts, handed to systems that speak HTTP and not Kafka."""
