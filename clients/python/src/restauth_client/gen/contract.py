"""The contract this client was generated from."""

VERSION = "1.1.0"
