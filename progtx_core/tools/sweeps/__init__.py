"""Many runs of a chapter: planned, worked off on one machine or many, collected.

A run is a folder; its name is a hash of chapter, parameters and code. What is finished
there is never run again. `plan` says which runs there are, `store` what a folder holds,
`work` does one, `drive` all of them, `collect` makes tables and pages.
"""
