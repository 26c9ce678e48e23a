"""Cameras that are none: many RTSP mounts in one process, cheap enough to simulate a town."""

from hejnal_media.simulator.behaviour import Behaviour
from hejnal_media.simulator.clip import Clip, ClipSpec, make_clip
from hejnal_media.simulator.frame_mark import FrameMark, find_frame_mark
from hejnal_media.simulator.mount import Mount
from hejnal_media.simulator.server import CameraSimulator

__all__ = ["Behaviour", "CameraSimulator", "Clip", "ClipSpec", "FrameMark", "Mount", "find_frame_mark", "make_clip"]
