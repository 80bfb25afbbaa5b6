"""What is in a running container beyond its settings, according to the kernel: processes, names, addresses, files, mounts."""
