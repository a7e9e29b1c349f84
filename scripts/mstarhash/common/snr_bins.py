"""The S/N bins of G19 Table 1, used wherever a rate or an error is told by S/N."""

SNR_BINS = {"<5": (float("-inf"), 5.0), "5-10": (5.0, 10.0), "10-30": (10.0, 30.0), ">30": (30.0, float("inf"))}
WITH_ALL = {"all": (float("-inf"), float("inf"))} | SNR_BINS
SNR_EDGES = tuple(low for low, _ in SNR_BINS.values())[1:]
TABLE1 = ("snr_below_5", "snr_5_10", "snr_10_30", "snr_above_30")  # their columns in table1.csv
