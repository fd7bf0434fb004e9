"""From a bundle to a document, and from a document to HTML and PDF."""
