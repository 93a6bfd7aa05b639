"""Pages of HTML that open from disk, and pictures that answer a pointer."""
