"""Sites side by side, and pooled into one."""
