"""The HTTP room: twisted.web resources over TLS 1.3, and the foundation they stand on."""
