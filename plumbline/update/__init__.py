"""Updates: what differs between two releases, in which steps one becomes the other, and how far back the way goes. Pure."""
