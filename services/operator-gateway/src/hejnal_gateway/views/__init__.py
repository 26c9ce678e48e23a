"""Walls that were put together once and are called up again."""
