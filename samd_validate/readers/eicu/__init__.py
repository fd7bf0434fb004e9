"""The parts of the eICU readers: who the patients are, in the words of other sources."""
