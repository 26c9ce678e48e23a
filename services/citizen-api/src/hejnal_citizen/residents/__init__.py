"""Residents: sign-in, contacts with consent, subscriptions, web push, erasure and export."""
