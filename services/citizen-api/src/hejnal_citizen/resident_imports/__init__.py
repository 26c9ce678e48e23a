"""Import of the town's existing SMS base: checked row by row with proof of consent, then all of it or nothing."""
