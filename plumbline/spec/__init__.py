"""From text to a spec with positions.

`spec_files` reads the folder, `yaml_tree` parses YAML with positions, `structure` reports wrong fields, and `loading` combines
them. `sections` lists the files of a spec, `references` the IDs and their uses. `finding` is what every check yields.
"""
