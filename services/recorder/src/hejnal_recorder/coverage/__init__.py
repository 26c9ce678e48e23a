"""What is there of a camera, summed up: buckets for a time bar over months, completeness per day and month."""
