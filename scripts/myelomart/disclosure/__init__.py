"""What may leave the site: small counts, and what rests on them, are hidden."""
