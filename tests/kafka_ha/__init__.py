"""Three brokers of which one dies, then two: `make test-kafka-ha`."""
