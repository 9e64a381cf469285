"""Pictures: widgets that a lab's functions fill with numbers. One file each; `mlsysim_labs` gives them by name."""
