"""Live video to the gateway: the last group of pictures first, then each picture as it comes."""
