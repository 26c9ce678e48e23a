"""Draws Bugielsk, a fictional Polish town: named streets, address points, buildings, river, railway, schools, camera sites.

Everything comes from the hand-made plan and a fixed random seed: the same town every time, and nobody's data in it.
"""
