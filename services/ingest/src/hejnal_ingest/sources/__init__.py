"""Where pictures come from: our own RTSP client over TCP, and PyAV for everything else, behind one interface."""
