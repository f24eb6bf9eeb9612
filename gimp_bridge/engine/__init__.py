"""The embedded engine ("This computer"): fills a hole from its surroundings, no network, no key."""
