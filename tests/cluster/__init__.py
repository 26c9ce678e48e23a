"""The Helm chart on a real Kubernetes control plane: `make test-cluster`."""
