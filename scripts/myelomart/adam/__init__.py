"""A study in the variables of CDISC's ADaM, for those who go on in SAS or R."""
