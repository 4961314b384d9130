"""The page and the JSON API, served on the user's own machine."""
