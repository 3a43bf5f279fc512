"""The relay (接力): letters between sites, signed, in order, kept before they are acknowledged."""
