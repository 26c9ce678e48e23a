"""Moving cameras: who has the joystick, where the camera is to look, and the round it makes by itself."""
