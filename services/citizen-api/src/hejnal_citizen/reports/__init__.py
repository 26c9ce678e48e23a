"""What residents tell the town: intake with photos, the queue, answers."""
