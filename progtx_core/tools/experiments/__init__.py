"""Many trials of one experiment: planned, worked off on one machine or many, tabulated.

A trial is a thing, its parameters and its seed; its folder is named by a hash of these.
What is finished there is never done again. `grid` says which trials a sweep has, `store`
what a folder holds, `runner` does them all, `table` makes tables and pages of them.
"""
