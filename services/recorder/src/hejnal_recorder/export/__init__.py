"""Evidence export: signed packages of footage that a stranger can check without us."""
