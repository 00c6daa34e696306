"""One study at several sites that share no rows: what each site packs, and how packs are pooled."""
