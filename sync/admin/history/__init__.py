"""What became of pushes: runs, pushes, failures, and what people may decide."""
