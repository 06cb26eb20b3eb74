"""A gst-rtsp-server on loopback for the interop script: /test has H.264 and AAC, /anc the RTP that comes in on the UDP
port in its first argument. Prints its port, ends with its stdin or after a minute."""

import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

Gst.init(None)
encoder = next(
    (name for name in ("x264enc tune=zerolatency", "openh264enc") if Gst.ElementFactory.find(name.split()[0])),
    None,
)
if encoder is None or Gst.ElementFactory.find("avenc_aac") is None:
    sys.exit("no H.264 or AAC encoder")

server = GstRtspServer.RTSPServer.new()
server.set_address("127.0.0.1")
server.set_service("0")
factory = GstRtspServer.RTSPMediaFactory.new()
factory.set_launch(
    "( videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=25/1 ! "
    f"{encoder} ! h264parse ! rtph264pay name=pay0 pt=96 "
    "audiotestsrc is-live=true ! avenc_aac ! aacparse ! rtpmp4gpay name=pay1 pt=97 )"
)
server.get_mount_points().add_factory("/test", factory)
ancillary = GstRtspServer.RTSPMediaFactory.new()
ancillary.set_shared(True)
# GStreamer 1.22 has no payloader for ancillary data: what comes in is RTP already.
ancillary.set_launch(
    f"( udpsrc address=127.0.0.1 port={sys.argv[1]} do-timestamp=true "
    'caps="application/x-rtp,media=(string)video,clock-rate=(int)90000,'
    'encoding-name=(string)SMPTE291,payload=(int)96" ! rtpjitterbuffer latency=50 name=pay0 )'
)
server.get_mount_points().add_factory("/anc", ancillary)
server.attach(None)
print(server.get_bound_port(), flush=True)

loop = GLib.MainLoop()
threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
GLib.timeout_add_seconds(60, loop.quit)
loop.run()
