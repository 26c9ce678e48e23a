"""A minute of listening to a camera: what it does well, what a technician should set otherwise."""
