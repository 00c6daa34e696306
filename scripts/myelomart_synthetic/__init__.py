"""A synthetic network of OMOP sites with planted truth: who had what, when, and which effect."""
