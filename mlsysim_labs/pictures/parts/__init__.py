"""What pictures are made of: drawing, axes, labels, the table below, files to save."""
