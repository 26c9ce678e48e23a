"""An RTSP client of our own: interleaved TCP, TLS, digest authentication, true causes of failure."""

from hejnal_media.rtsp.auth import Credentials
from hejnal_media.rtsp.camera_clock import CameraClock
from hejnal_media.rtsp.dialogue import SessionLimits
from hejnal_media.rtsp.errors import RtspError, RtspFault
from hejnal_media.rtsp.session import RtspSession
from hejnal_media.rtsp.stale_sessions import StaleSessions
from hejnal_media.rtsp.tls import TlsPolicy
from hejnal_media.rtsp.transport import ReceiveBuffer
from hejnal_media.rtsp.url import redact_url

__all__ = [
    "CameraClock",
    "Credentials",
    "ReceiveBuffer",
    "RtspError",
    "RtspFault",
    "RtspSession",
    "SessionLimits",
    "StaleSessions",
    "TlsPolicy",
    "redact_url",
]
