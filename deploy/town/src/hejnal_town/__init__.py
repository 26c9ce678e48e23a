"""Bugielsk: a town that does not exist, drawn from a seed: streets, houses with numbers, a river, cameras."""
