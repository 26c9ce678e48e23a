"""Loads the fixtures every suite shares: real Kafka, topics, PostgreSQL, databases built by the migrations."""

from hypothesis import settings

pytest_plugins = ("hejnal_local.testing",)

# a time limit for each example says more about the machine than about the code
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")
