"""The project on disk. `workspace` writes artifacts and finds unmanaged files, `record` remembers what a build wrote.

`proofs` says which live proofs are current.
"""
