"""What TriNetX's "compare outcomes" exports, read and recomputed."""
