"""From the last release to this one, and back."""
