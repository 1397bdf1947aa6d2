"""The ranking kernel that evaluation and recommendation share."""
