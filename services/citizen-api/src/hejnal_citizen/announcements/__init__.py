"""What the town tells residents: versions, areas, previews, progress."""
