"""A running stack against the spec.

`kinds` lists the facts. Each has an expected side in `expected` and an observed side in `observed`, or in `kernel` for what only
the kernel knows. `inspection` reads and compares a stack, `reach` tests connections, `behaviour/` injects faults, `inside/` looks
into containers, `whole/` compares every setting of the engine, and `rules` has titles and fixes.
"""
