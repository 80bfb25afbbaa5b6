"""What is claimed of a bundle, on hosts that nothing reaches."""
