"""What is in a container while it runs, beyond its settings: processes, names, addresses and files, as the kernel has them."""
