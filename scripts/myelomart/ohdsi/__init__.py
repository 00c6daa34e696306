"""What OHDSI's tools and R read of a warehouse, and what we read of theirs."""
