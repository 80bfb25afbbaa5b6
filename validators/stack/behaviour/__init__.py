"""What a running stack does: tried, for a comparison of files with what the files made proves little."""
