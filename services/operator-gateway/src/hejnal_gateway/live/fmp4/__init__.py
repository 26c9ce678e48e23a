"""The live view as fMP4 over WebSocket, for Media Source Extensions: what WebRTC does not carry."""
