SEARCHED = {
    "tiny": {"d_model": 8, "n_layers": 2, "n_heads": 4, "d_mlp": 32, "causal": True},
}
