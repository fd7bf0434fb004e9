"""The nouns of the house: frozen records that every stage passes on."""
