"""Speaking with cameras over ONVIF: a thin client of our own, typed answers, nothing trusted (decision 0008)."""
