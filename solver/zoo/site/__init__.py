"""Records of what is round the chips: servers, fleets, networks, data centers, grids, prices and failures."""
