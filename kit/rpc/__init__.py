"""gRPC as this house speaks it: typed errors, actor tokens, deadlines, retry of safe calls only."""

#: The largest message, both ways; uploads are streamed in smaller chunks. Here, so that clients load no server.
MAX_MESSAGE_BYTES = 8 * 1024 * 1024
