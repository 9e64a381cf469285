"""A lab as one HTML file: no kernel, and nobody is asked for anything."""
