"""Links that fade: the smaller stream is recorded while the link is too thin for the main one."""
