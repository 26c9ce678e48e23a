"""Is what a camera shows worth looking at? Suspicion from sizes and times, confirmed by decoding one picture elsewhere."""
