"""Many trials of one experiment: planned, worked off on one machine or many, tabulated."""
