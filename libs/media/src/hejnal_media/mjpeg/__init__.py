"""Motion JPEG: every picture is a JPEG image (ITU-T T.81), recorded as it is."""

from hejnal_media.mjpeg.image import JpegError, jpeg_parameters

__all__ = ["JpegError", "jpeg_parameters"]
