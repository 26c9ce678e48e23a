"""One camera: connect, receive, watch, tell."""
