"""A Docker engine for tests, on machines that have none, and the base image of the stand-ins."""
