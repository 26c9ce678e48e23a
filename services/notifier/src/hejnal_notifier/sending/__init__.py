"""From a queued delivery to the provider's answer."""
