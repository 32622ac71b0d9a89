"""Discovery, registration and guarded calls of plugins."""
