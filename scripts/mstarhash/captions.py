"""What each figure shows, in the order of the page: {name: (title, text)}."""

FIGURES = {
    "candidates": ("The best candidates", "Grey: as observed; black: smoothed; orange: the best mean spectrum of known M stars times a smooth response. Shades, if any: molecular bands."),
    "ranking": ("Quality of the ranking", "Left: share of the M stars found against the share of the list that is looked at, best first. Right: fraction that are M stars against their mean P(M), in bins of equal count; bars: error of that fraction were the probabilities right."),
    "positives": ("What the search learns from", "Mean spectra of the clusters of known M stars, one a row, and how many spectra of each subtype and S/N were drawn (the paper's Table 1)."),
    "mock": ("Measured stars against published values", "Released stars above an S/N: single ones, medians with 16 and 84 %, and published sequences. Subtypes are true ones where there is truth."),
    "peers": ("Other methods", "Average precision of each method on the same spectra, with 68 % intervals."),
    "completeness": ("Completeness", "Share of injected M stars that is found, by subtype, luminosity class and S/N."),
    "fig02": ("Figure 2: S/N and colours of the unclassified spectra", "Top: all unclassified spectra and the candidates with P(M) of at least a half, in logarithmic bins. Bottom: numbers of unclassified spectra in cells of g - r, r - i (magnitudes of the headers), and the same candidates."),
    "fig06": ("Figure 6: defective spectra that are left out of the positives", "Examples of each rule's finds, those of the best S/N first. Ticks at the foot: unusable pixels."),
    "fig07": ("Figure 7: examples of positives", "The one of middle S/N of four kinds, at rest. Grey: observed; black: smoothed."),
    "fig08": ("Figure 8: accuracy against recall", "Precision and recall of searches with codes of several lengths, averaged over random splits."),
    "fig09": ("Figure 9: the ten spectra nearest to a late M star", "Sorted by the distance of their codes."),
    "fig10": ("Figure 10: spectra at growing distance from an early M star", "The number is the place in the ranked list."),
    "fig11": ("Figure 11: subtypes of the M stars found", "New M stars: candidates with P(M) above the limit of `measure.min_p`, or inspected as M. Diamonds: true M stars among the unclassified (mock survey only); of M0 and M1 fewer are found, since their bands are shallow."),
    "fig12": ("Figure 12: S/N of the M stars found", "Bars: square root of the count. Dashed: all M stars among the unclassified, found or not (mock survey only)."),
    "fig13": ("Figure 13: r magnitudes of released and new M stars", "Each as shares of its own sample, whose size is in the legend, with Wilson intervals (68 %)."),
    "fig14": ("Figure 14: subtypes of released and new M stars", "Each as shares of its own sample with a subtype, with Wilson intervals (68 %). Dotted line: M5 to M6."),
    "fig15": ("Figure 15: early M stars in planes of indices", "Classes are those of Gaia alone, so that the planes are judged by something else. Shares found are told out of fold, at any S/N, with Wilson intervals (68 %)."),
    "fig16": ("Figure 16: all M stars in planes of photometry", "Left, middle: classes by the plane that is drawn. Right: what either plane calls giants, in the colour-magnitude diagram. Dwarfs among the giants are told out of fold, with Wilson intervals (68 %)."),
    "fig17": ("Figure 17: magnetic activity", "Top: equivalent widths of the dwarfs whose activity is told. Below: active shares with Wilson intervals (68 %) by two rules, and by the first one corrected for the noise of the widths; n is the denominator."),
    "fig18": ("Figure 18: space motions by height above the plane", "Heliocentric means and dispersions of active and inactive dwarfs in bins of height, most likely values with each star's errors taken out, bootstrap errors; open: sample values, 3-sigma clipped, with errors left in; where they lie far lower, a few halo stars nearby are clipped. n: stars a bin. Differences: of samples made alike in subtype, S/N and height, where there are enough stars."),
}  # fmt: skip
