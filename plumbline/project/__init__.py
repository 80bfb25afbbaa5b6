"""The project on disk: what is generated, written and recorded there."""
