"""Staff accounts: who may come in, and how they prove it."""
