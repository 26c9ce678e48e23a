"""A WHEP client made of GStreamer's webrtcbin: watches for some seconds, decodes, and prints what it has seen as JSON.

Runs under the distribution's own Python: `/usr/bin/python3 gstreamer_viewer.py URL COOKIE SECONDS`
"""

import json
import sys
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402 the versions come first

CAPS = "application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000,packetization-mode=(string)1"
DECODE = "rtph264depay ! h264parse ! avdec_h264 ! videoconvert ! video/x-raw,format=GRAY8 ! fakesink name=seen sync=false"


class Viewer:
    """One view."""

    def __init__(self, url: str, cookie: str, seconds: float) -> None:
        self.url, self.cookie = url, cookie
        self.result = {"pictures": 0, "width": 0, "height": 0, "different": 0, "errors": []}
        self.hashes = set()
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.Pipeline()
        self.webrtc = Gst.ElementFactory.make("webrtcbin")
        self.webrtc.set_property("bundle-policy", "max-bundle")
        self.agent = self.webrtc.get_property("ice-agent")  # kept: the binding takes over the only reference
        self.agent.emit("add-local-ip-address", "127.0.0.1")  # by itself it leaves it out
        self.pipeline.add(self.webrtc)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", self.failed)
        bus.connect("message::warning", self.failed)
        self.webrtc.connect("notify::ice-gathering-state", self.gathered)
        self.webrtc.connect("pad-added", self.track)
        direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
        transceiver = self.webrtc.emit("add-transceiver", direction, Gst.Caps.from_string(CAPS))
        transceiver.set_property("do-nack", True)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.webrtc.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered))
        GLib.timeout_add(int(seconds * 1000), self.loop.quit)

    def failed(self, _bus: object, message: Gst.Message) -> None:
        """Take note of an error or a warning."""
        parse = message.parse_error if message.type == Gst.MessageType.ERROR else message.parse_warning
        self.result["errors"].append(str(parse()[0]))

    def offered(self, promise: Gst.Promise) -> None:
        """The offer is made: gather."""
        reply = promise.get_reply()  # holds the offer: the binding does not
        self.webrtc.emit("set-local-description", reply.get_value("offer"), Gst.Promise.new())

    def gathered(self, *_: object) -> None:
        """All candidates are known: ask."""
        if self.webrtc.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            return
        description = self.webrtc.get_property("local-description")
        offer = description.sdp.as_text()
        headers = {"Content-Type": "application/sdp", "Cookie": self.cookie}
        request = urllib.request.Request(self.url, offer.encode(), headers)
        with urllib.request.urlopen(request, timeout=10) as response:
            answer = response.read().decode()
        _, sdp = GstSdp.SDPMessage.new_from_text(answer)
        described = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.webrtc.emit("set-remote-description", described, Gst.Promise.new())

    def track(self, _webrtc: object, pad: Gst.Pad) -> None:
        """The track is there: decode it."""
        if pad.direction != Gst.PadDirection.SRC:
            return
        decoding = Gst.parse_bin_from_description(DECODE, True)
        seen = decoding.get_by_name("seen")
        seen.set_property("signal-handoffs", True)
        seen.connect("handoff", self.picture)
        self.pipeline.add(decoding)
        decoding.sync_state_with_parent()
        pad.link(decoding.get_static_pad("sink"))

    def picture(self, _sink: object, buffer: Gst.Buffer, pad: Gst.Pad) -> None:
        """A decoded picture."""
        structure = pad.get_current_caps().get_structure(0)
        self.result["pictures"] += 1
        self.result["width"], self.result["height"] = structure.get_value("width"), structure.get_value("height")
        self.hashes.add(hash(buffer.extract_dup(0, buffer.get_size())))

    def run(self) -> None:
        """Watch until the time is over."""
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        self.result["different"] = len(self.hashes)
        print(json.dumps(self.result))


if __name__ == "__main__":
    Gst.init(None)
    Viewer(sys.argv[1], sys.argv[2], float(sys.argv[3])).run()
