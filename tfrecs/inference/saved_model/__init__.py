"""TensorFlow SavedModels that answer raw ids without tfrecs."""
