"""What a spec may say: one frozen Pydantic model per data file. Pure; imports nothing of the project."""
