"""The container images, each started and asked."""
