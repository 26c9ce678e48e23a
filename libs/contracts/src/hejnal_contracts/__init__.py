"""Hejnał's public contracts: what each Kafka topic carries, as frozen models with examples.

Inside a major version (the `.v1` of a type) only optional fields are added; consumers ignore fields they do not know.
"""
