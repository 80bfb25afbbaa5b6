"""Pages and pictures of the site, a module each."""
