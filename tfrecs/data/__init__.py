"""Raw logs to `Interactions`: vocabularies, features, splits, readers, data sets."""
