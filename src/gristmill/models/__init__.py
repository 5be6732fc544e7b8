"""The models: which weights, pinned by hash, and the engines that run them."""
