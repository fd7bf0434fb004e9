"""Images and what is marked in them: cases, corruptions, panels."""
