"""SMS: one wording, several providers behind one interface."""
