"""Validate clinical AI models and leave evidence that an auditor can trust."""

__version__ = "0.1.0"
