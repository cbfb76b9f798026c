"""The contract this client was generated from."""

VERSION = "1.4.0"
