"""What looks for weaknesses in our own files and in what we build on."""
