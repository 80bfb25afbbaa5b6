"""The roll-out of a release by Ansible."""
