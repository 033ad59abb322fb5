"""A hunt for secrets: armed with distinctive ones, commands run, and all that was written is searched for them."""
