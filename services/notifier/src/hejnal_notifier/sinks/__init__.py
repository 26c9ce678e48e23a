"""Simulators of the providers a town uses: mail server, SMS gateway, push service. They speak the real protocols.

Used by the demo town, the tests and the bench; never part of a town's installation. They listen on loopback only.
"""
