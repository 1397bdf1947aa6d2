"""A trained model to answers on raw ids."""
