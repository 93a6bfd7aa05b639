from hypothesis import settings

# A first call imports libraries, and shared machines stall: time fails no test.
settings.register_profile("progtx", deadline=None, derandomize=True)
settings.load_profile("progtx")
