"""The S/N bins of G19 Table 1, used wherever a rate or an error is told by S/N."""

SNR_EDGES = (5.0, 10.0, 30.0)
SNR_BINS = {"<5": (float("-inf"), 5.0), "5-10": (5.0, 10.0), "10-30": (10.0, 30.0), ">30": (30.0, float("inf"))}
WITH_ALL = {"all": (float("-inf"), float("inf"))} | SNR_BINS
