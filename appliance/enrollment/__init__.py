"""Enrollment: who may talk to the box, how they join it, and how they prove who they are. No I/O.

The nouns, in the order a device meets them: `pairing_url` and `qr` (what a technician shows),
`pairing_secret` and `pairing` (the code and its rules), `device_request` or `jwk` (the device's
key), `authority`, `server_certificate` and `tokens` (what the box hands out), `dpop` and
`revocation` (each later request), `permissions`, `audit`. `identity` holds the records that a
store keeps; `clock` and `entropy` are what this room is given instead of reaching for it.
"""
