"""Pictures made anew: for browsers that cannot show what the camera sends, and for people who may not see all of it."""
