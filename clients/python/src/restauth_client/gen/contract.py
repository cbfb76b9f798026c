"""The contract this client was generated from."""

VERSION = "1.3.0"
