"""Small pictures of every camera, at a bounded cost."""
