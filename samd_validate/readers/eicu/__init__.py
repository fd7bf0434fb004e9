"""The parts of the readers of the eICU Collaborative Research Database."""
