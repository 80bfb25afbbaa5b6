"""The offline bundle: one archive, one manifest that lists every file with its checksum, one signature over the manifest.

`build` gathers and writes it, `archive` and `head` read and write the file, `delta` derives one bundle from another,
`signing` calls gpg, and `refusal` lists the reasons for which a bundle is refused.
"""
