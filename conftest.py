"""Loads the fixtures every suite shares: real Kafka, topics, PostgreSQL, databases built by the migrations."""

pytest_plugins = ("hejnal_local.testing",)
