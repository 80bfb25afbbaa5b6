"""Roll-outs by Ansible, on containers that play nodes."""
