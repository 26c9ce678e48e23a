"""Live view: one relay per watched stream in, WebRTC to every viewer out."""
