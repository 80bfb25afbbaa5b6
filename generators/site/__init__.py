"""Pages and diagrams of the site, a module each, named like the page. `pages` lists them."""
