"""ONVIF cameras that are none: discovery, device, media, PTZ, events, recordings and replay over the clip simulator."""

from hejnal_media.simulator.onvif.discovery import DiscoveryResponder
from hejnal_media.simulator.onvif.door import OnvifSimulator
from hejnal_media.simulator.onvif.state import Identity, OnvifBehaviour, ReplayEnd

__all__ = ["DiscoveryResponder", "Identity", "OnvifBehaviour", "OnvifSimulator", "ReplayEnd"]
