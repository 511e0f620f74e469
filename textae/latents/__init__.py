"""Latents: what stands between generator and reconstructor. ``base`` holds the contract."""
