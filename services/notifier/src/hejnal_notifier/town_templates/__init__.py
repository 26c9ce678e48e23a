"""Templates that the town writes itself: checked, stored with every version, previewed, used where there is one."""
