"""The signed HTTPS API for partners (docs/relay/partner-guide.md): the same envelopes as on any other line."""
