"""Tests of what is at the cloud provider, against a fake of its API."""
