"""Programs that prove the claims of docs/auditor/proofs.md, each with a score in its last line. `make help` lists them."""
