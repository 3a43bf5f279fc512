"""gRPC as this house speaks it: typed errors, actor tokens, deadlines, retry of safe calls only."""
