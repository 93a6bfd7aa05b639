"""Pictures that one chapter needs, a module each; made of `progtx_core.plots`."""
