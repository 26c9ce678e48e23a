"""What residents should know before they need it: whom to call, what the sirens mean."""
