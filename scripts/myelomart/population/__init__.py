"""Who is studied: the members of one cohort, or two arms; their covariates, groups and lines."""
