"""Standing a mode up on an engine, and seeing what is there.

`starting` brings it up, `run` takes down what it or a killed run left, `probing` asks from within its containers.
"""
