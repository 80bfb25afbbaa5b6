"""The roll-out of a release by Ansible: `playbook` writes it, `role_order` orders the roles, `templates/tasks/` has the tasks."""
