"""``tongban demo-federation``: several sites on one machine, joined by lines that are cut and files that are carried."""
