"""How envelopes get from site to site: a gRPC stream over mutual TLS, and a sealed file for sites without a line."""
