"""Objectives, their rules and the dashboards of a town, as code."""
