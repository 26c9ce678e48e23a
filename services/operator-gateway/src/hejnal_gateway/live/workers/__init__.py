"""Live workers: processes that serve live views. The door finds the one that relays a camera already, or the one it falls to."""
