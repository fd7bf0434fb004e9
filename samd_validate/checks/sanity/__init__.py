"""Parts of the checks that put explanations to the test."""
